// Brings the current place of a scrolling sub-navigation into view.
//
//   <ul data-subnav><li><a aria-current="page">…</a></li></ul>
for (const list of document.querySelectorAll("[data-subnav]")) {
  const current = list.querySelector("[aria-current]");
  if (!current || list.scrollWidth <= list.clientWidth) continue;
  list.scrollLeft = current.offsetLeft - (list.clientWidth - current.offsetWidth) / 2;
}

// Zoom of the drawn page, in steps of the width that fits; the choice holds for the tab.
//
//   <button data-viewer-zoom-by="1"> "-1", "0" fits <output data-viewer-zoom-value>
//   bindZoom(sheet, draw);
const STEPS = [50, 67, 80, 90, 100, 110, 125, 150, 200, 300];
const FITS = 100;
const KEY = "viewer-zoom";
const REDRAW_MS = 120;

export function bindZoom(sheet, draw) {
  const output = document.querySelector("[data-viewer-zoom-value]");
  const fitting = sheet.clientWidth;
  let percent = Number(sessionStorage.getItem(KEY)) || FITS;
  let timer;

  function apply() {
    const fits = percent === FITS;
    sheet.style.width = fits ? "" : `${Math.round((fitting * percent) / 100)}px`;
    sheet.style.maxWidth = fits ? "" : "none";
    const format = { style: "percent" };
    output.value = (percent / 100).toLocaleString(document.documentElement.lang, format);
    sessionStorage.setItem(KEY, percent);
    redraw();
  }

  function redraw() {
    clearTimeout(timer);
    timer = setTimeout(draw, REDRAW_MS);
  }

  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-viewer-zoom-by]");
    if (!button) return;
    const by = Number(button.dataset.viewerZoomBy);
    const at = STEPS.indexOf(percent) + by;
    percent = by === 0 ? FITS : STEPS[Math.min(Math.max(at, 0), STEPS.length - 1)];
    apply();
  });

  for (const control of document.querySelectorAll("[data-viewer-zoom]")) control.hidden = false;
  let width = sheet.clientWidth;
  new ResizeObserver(() => {
    if (sheet.clientWidth === width) return;
    width = sheet.clientWidth;
    redraw();
  }).observe(sheet);
  output.value = (percent / 100).toLocaleString(document.documentElement.lang, { style: "percent" });
  if (percent !== FITS) apply();
}

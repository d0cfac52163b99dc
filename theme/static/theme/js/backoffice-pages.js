// A page as it was read beside the file: a passage that is pointed at, or has focus, is shown in
// the text, in the file and in the list at once.
//
//   <div data-compare>, in it and after it <… data-passages="3 4">
//   <form data-submit-on-change><select>…</select><button data-needless>…</button></form>
const places = [...document.querySelectorAll("[data-passages]")];
const numbersOf = (place) => place.dataset.passages.split(" ");

function light(numbers) {
  for (const place of places) {
    place.toggleAttribute("data-on", numbers.some((number) => numbersOf(place).includes(number)));
  }
}

function pointedAt({ target }) {
  const place = target.closest?.("[data-passages]");
  const link = target.closest?.("a.piece-number");
  if (link) light([link.hash.replace("#passage-", "")]);
  else light(place ? numbersOf(place) : []);
}

if (places.length) {
  document.addEventListener("pointerover", pointedAt);
  document.addEventListener("focusin", pointedAt);
}

for (const form of document.querySelectorAll("[data-submit-on-change]")) {
  form.querySelector("[data-needless]").hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
}

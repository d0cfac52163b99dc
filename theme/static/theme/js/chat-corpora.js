// Which corpora a new conversation asks: ticked in the menu, shown as chips that can be removed.
//
//   <ul data-corpus-chips><li data-corpus-all> <li data-corpus-chip="id">… <button></ul>
//   <input type="checkbox" name="corpus" value="id">
//   chosenCorpora(form);   their ids; none: all of them
//   settleCorpora(form);   the conversation has begun: the choice is made
const boxes = (form) => [...form.querySelectorAll('input[name="corpus"]')];

export function chosenCorpora(form) {
  return boxes(form).filter((box) => box.checked).map((box) => box.value);
}

function show(form) {
  const chosen = chosenCorpora(form);
  form.querySelector("[data-corpus-all]").hidden = chosen.length > 0;
  for (const chip of form.querySelectorAll("[data-corpus-chip]")) {
    chip.hidden = !chosen.includes(chip.dataset.corpusChip);
  }
}

export function bindCorpora(form) {
  if (!form.querySelector("[data-corpus-chips]")) return;
  form.addEventListener("change", () => show(form));
  form.addEventListener("click", ({ target }) => {
    const chip = target.closest("[data-corpus-chip] button")?.parentElement;
    if (!chip) return;
    const box = boxes(form).find(({ value }) => value === chip.dataset.corpusChip);
    box.checked = false;
    show(form);
    form.querySelector("[data-composer-text]").focus();
  });
  show(form);
}

export function settleCorpora(form) {
  for (const button of form.querySelectorAll("[data-corpus-chip] button")) button.remove();
  boxes(form)[0]?.closest("details").remove();
}

// A destructive button that works once the word has been typed.
//
//   <form data-confirm-word="delete 3 documents"><input name="confirmation">
//   <button data-confirm-button>…</button></form>
const fold = (text) => text.trim().replace(/\s+/g, " ").toLocaleLowerCase();

function judge(form) {
  const typed = form.elements.namedItem("confirmation").value;
  const wanted = form.dataset.confirmWord;
  form.querySelector("[data-confirm-button]").disabled = fold(typed) !== fold(wanted);
}

document.addEventListener("input", ({ target }) => {
  const form = target.closest?.("form[data-confirm-word]");
  if (form) judge(form);
});

for (const form of document.querySelectorAll("form[data-confirm-word]")) judge(form);

// Forms in fragments: judged when their dialog opens.
document.addEventListener(
  "focusin",
  ({ target }) => {
    const form = target.closest?.("form[data-confirm-word]");
    if (form) judge(form);
  },
  true,
);

// A question put in other words, in its own place: Enter asks, Shift+Enter begins a line, Escape
// leaves it as it was.
//
//   <button data-edit-question> <h2 data-question> <template id="edit-template">
//   bindEdit(thread, { ask: (turn, text) => …, closed: () => … });

export function isEditing(thread) {
  return thread.querySelector("[data-edit-form]") !== null;
}

function open(turn) {
  const question = turn.querySelector("[data-question]");
  const template = document.getElementById("edit-template");
  const form = template.content.firstElementChild.cloneNode(true);
  const field = form.querySelector("[data-edit-text]");
  field.value = question.textContent;
  question.hidden = true;
  turn.querySelector("[data-edit-question]").hidden = true;
  question.after(form);
  field.focus();
}

function close(turn) {
  turn.querySelector("[data-edit-form]").remove();
  turn.querySelector("[data-question]").hidden = false;
  const button = turn.querySelector("[data-edit-question]");
  button.hidden = false;
  button.focus();
}

export function bindEdit(thread, { ask, closed }) {
  const leave = (turn) => {
    close(turn);
    closed();
  };
  thread.addEventListener("click", ({ target }) => {
    const turn = target.closest("[data-turn]");
    if (target.closest("[data-edit-question]")) open(turn);
    else if (target.closest("[data-edit-cancel]")) leave(turn);
  });
  thread.addEventListener("keydown", (event) => {
    const form = event.target.closest("[data-edit-form]");
    if (!form || event.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault(); // it ends the editing, not an answer
      leave(form.closest("[data-turn]"));
    } else if (event.key === "Enter" && !event.shiftKey && event.target.localName === "textarea") {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  thread.addEventListener("submit", (event) => {
    event.preventDefault();
    const turn = event.target.closest("[data-turn]");
    const text = event.target.querySelector("[data-edit-text]").value.trim();
    if (text && ask(turn, text)) closed();
  });
}

// Shows what is typed into a password field.
//
//   <div data-password><input type="password"><button data-password-reveal>Show</button></div>
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-password-reveal]");
  if (!button) return;
  const field = button.closest("[data-password]").querySelector("input");
  const shown = field.type === "text";
  field.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
});

// Never sent as plain text, so that the browser does not keep it among the form's entries.
document.addEventListener("submit", ({ target }) => {
  for (const field of target.querySelectorAll("[data-password] input")) field.type = "password";
});

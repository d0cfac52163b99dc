// The choices beside the results: a box applies them at once, a day when its button is pressed,
// because a field of a day changes with each digit.
//
//   <form data-facets>… <input type="date" data-today="2026-03-04"> <button data-facets-apply></form>
for (const form of document.querySelectorAll("[data-facets]")) {
  const apply = form.querySelector("[data-facets-apply]");
  if (!form.closest("dialog")) {
    apply.hidden = true;
    form.addEventListener("change", ({ target }) => {
      if (target.type !== "date") form.requestSubmit();
      else apply.hidden = false;
    });
  }
  // Today is what is searched without a day, and the address is to mean that tomorrow too.
  form.addEventListener("formdata", ({ formData }) => {
    if (formData.get("as_of") === form.querySelector("[data-today]").dataset.today) {
      formData.delete("as_of");
    }
  });
}

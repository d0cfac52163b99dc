// The boxes beside the results: a change applies them.
//
//   <form data-facets>… <button data-facets-apply></form>
for (const form of document.querySelectorAll("[data-facets]")) {
  form.querySelector("[data-facets-apply]").hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
}

// Settings: how many characters a text has, and how many settings differ from those saved.
//
//   <form data-watch-changes>… <textarea maxlength="2000"> … <p role="status" data-changes></p></form>
import { gettext, interpolate, ngettext } from "./words.js";

const number = new Intl.NumberFormat(document.documentElement.lang);

function counter(area) {
  const line = document.createElement("p");
  line.className = "mt-1 text-xs text-muted tnum";
  const show = () => {
    const values = { n: number.format(area.value.length), max: number.format(area.maxLength) };
    line.textContent = interpolate(gettext("%(n)s characters of %(max)s"), values);
  };
  area.after(line);
  area.addEventListener("input", show);
  show();
}

function differs(field) {
  if (field.type === "radio" || field.type === "checkbox") return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") return [...field.options].some((o) => o.selected !== o.defaultSelected);
  return field.value !== field.defaultValue;
}

function watch(form) {
  const said = form.querySelector("[data-changes]");
  form.addEventListener("input", () => {
    const names = [...form.elements].filter((field) => field.name && differs(field)).map((f) => f.name);
    const n = new Set(names).size;
    const text = ngettext("%(n)s setting changed", "%(n)s settings changed", n);
    said.textContent = n ? interpolate(text, { n }) : "";
  });
}

for (const area of document.querySelectorAll("textarea[maxlength]")) counter(area);
for (const form of document.querySelectorAll("form[data-watch-changes]")) watch(form);

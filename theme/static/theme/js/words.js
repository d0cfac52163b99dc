// Translated words for scripts, from the catalogue that base.html loads (theme/i18n/<language>.js).
//
//   import { gettext, interpolate, ngettext } from "./words.js";
//   gettext("Copied");
//   interpolate(ngettext("%(n)s source", "%(n)s sources", n), { n });
//
// Without the catalogue the English source stands.

export function gettext(text) {
  return globalThis.django?.gettext?.(text) ?? text;
}

export function ngettext(one, many, count) {
  return globalThis.django?.ngettext?.(one, many, count) ?? (count === 1 ? one : many);
}

export function interpolate(text, values) {
  return text.replace(/%\((\w+)\)s/g, (_, name) => String(values[name]));
}

/** "2026-03-04" as it is written out in the reader's language. */
export function day(iso) {
  const [year, month, date] = iso.split("-").map(Number);
  const language = document.documentElement.lang || undefined;
  const written = new Date(year, month - 1, date);
  written.setFullYear(year); // the years before 100, too
  return written.toLocaleDateString(language, { dateStyle: "long" });
}

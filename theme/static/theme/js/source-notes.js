// What a source says of itself beside the others, as chat/_source_notes.html has it: for which day
// it is shown, from which others it differs, where else it stands.
//
//   <ul data-source-notes></ul>   fillNotes(list, passage);
import { day, gettext, interpolate } from "./words.js";

const WARNING = "font-medium text-warning";

function line(className, ...content) {
  const item = document.createElement("li");
  item.className = className;
  item.append(...content);
  return item;
}

function differences(others) {
  const texts = {
    version: gettext("Another version of this document: %(sources)s"),
    figures: gettext("Nearly the same words with other figures: %(sources)s"),
  };
  return Object.entries(texts).flatMap(([wanted, text]) => {
    const numbers = others.filter(({ kind }) => kind === wanted).map(({ number }) => `[${number}]`);
    return numbers.length ? [interpolate(text, { sources: numbers.join(", ") })] : [];
  });
}

function linksTo(places) {
  return places.flatMap(({ title, reference, url }, index) => {
    const link = document.createElement("a");
    link.className = "textlink";
    link.href = url;
    link.textContent = `${title}, ${reference}`;
    return index ? ["; ", link] : [link];
  });
}

export function fillNotes(list, { stood_on = null, differs = [], also_in = [] }) {
  const lines = differences(differs).map((text) => line(WARNING, text));
  if (stood_on) {
    const words = gettext("As it stood on %(day)s – replaced since");
    lines.unshift(line(WARNING, interpolate(words, { day: day(stood_on) })));
  }
  if (also_in.length) {
    lines.push(line("wrap-anywhere text-muted", `${gettext("Also in:")} `, ...linksTo(also_in)));
  }
  list.replaceChildren(...lines);
}

// The field of the next question: Enter sends, Shift+Enter begins a line, a draft is kept.
//
//   <form data-composer><textarea data-composer-text> <p data-composer-error>
//   <button data-composer-send> <button data-stop hidden></form>
//
//   const composer = new Composer(form, { key: "draft:…", send: (text) => …, stop: () => … });
//   composer.busy = true;   stop stands in the place of send; the field stays usable
export class Composer {
  #form;
  #text;
  #key;
  #busy = false;

  constructor(form, { key, send, stop }) {
    this.#form = form;
    this.#key = key;
    this.#text = form.querySelector("[data-composer-text]");
    this.#text.value ||= sessionStorage.getItem(key) ?? "";
    this.#text.addEventListener("input", () => this.#changed());
    this.#text.addEventListener("keydown", (event) => this.#pressed(event));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(send);
    });
    form.querySelector("[data-stop]").addEventListener("click", stop);
  }

  get busy() {
    return this.#busy;
  }

  set busy(busy) {
    const send = this.#form.querySelector("[data-composer-send]");
    const stop = this.#form.querySelector("[data-stop]");
    const held = [send, stop].includes(document.activeElement);
    this.#busy = busy;
    send.hidden = busy;
    stop.hidden = !busy;
    if (held) (busy ? stop : this.#text).focus();
  }

  /** Another question in the field, ready to be changed and sent. */
  put(text) {
    this.#text.value = text;
    this.#changed();
    this.#text.focus();
  }

  refuse(sentence) {
    const place = this.#form.querySelector("[data-composer-error]");
    place.textContent = sentence;
    place.hidden = !sentence;
  }

  /** The draft's place in this tab, when a new conversation gets its own. */
  rename(key) {
    sessionStorage.removeItem(this.#key);
    this.#key = key;
    this.#changed();
  }

  #changed() {
    this.refuse("");
    const { value } = this.#text;
    if (value) sessionStorage.setItem(this.#key, value);
    else sessionStorage.removeItem(this.#key);
  }

  #pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  #send(send) {
    const text = this.#text.value.trim();
    if (!text || this.#busy) return;
    this.#text.value = "";
    this.#changed();
    send(text);
  }
}

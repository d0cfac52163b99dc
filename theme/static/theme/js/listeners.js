// Who wants to hear of what.
//
//   on(type, handler);   returns what takes it back      emit(type, value);
export class Listeners {
  #handlers = new Map();

  on(type, handler) {
    if (!this.#handlers.has(type)) this.#handlers.set(type, new Set());
    this.#handlers.get(type).add(handler);
    return () => this.#handlers.get(type).delete(handler);
  }

  emit(type, value) {
    for (const handler of this.#handlers.get(type) ?? []) handler(value);
  }
}

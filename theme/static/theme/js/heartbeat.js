// Notices a socket that is dead though nobody closed it.
//
//   const heart = new Heartbeat(ping, dead);   what to do
//   heart.heard();   with whatever comes      heart.stop();   when it is closed
const PING_AFTER_MS = 15_000; // of silence
const DEAD_AFTER_MS = 20_000; // a half-open socket says nothing, not even that it is closed

export class Heartbeat {
  #timers = [];
  #ping;
  #dead;

  constructor(ping, dead) {
    this.#ping = ping;
    this.#dead = dead;
  }

  heard() {
    this.stop();
    this.#timers = [setTimeout(this.#ping, PING_AFTER_MS), setTimeout(this.#dead, DEAD_AFTER_MS)];
  }

  stop() {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

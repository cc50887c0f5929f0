/** What can hold its writes back and let them go together. */
export interface Corkable {
  hold(): void;
  release(): void;
}

/** Holds the writes of each socket it is shown back until the tick is over, so that what a tick owes a socket leaves at once. */
export class TickCork {
  readonly #held = new Set<Corkable>();

  /** Holds the socket's writes until the end of this tick, once however often it is shown. */
  hold(socket: Corkable): void {
    if (this.#held.has(socket)) return;
    if (this.#held.size === 0) process.nextTick(() => this.#release());
    this.#held.add(socket);
    socket.hold();
  }

  #release(): void {
    for (const socket of this.#held) socket.release();
    this.#held.clear();
  }
}

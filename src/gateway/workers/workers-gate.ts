import type { EventGate } from '../outbox/outbox.js';

/**
 * Holds back the events that the mirrors of workers hold: no event from the first held one of any
 * worker on is offered.
 */
export class WorkersGate implements EventGate {
  readonly #heldFrom = new Map<number, number>();
  #least = Infinity;
  #listener: () => void = () => undefined;

  heldFrom(): number {
    return this.#least;
  }

  onHoldLifted(listener: () => void): void {
    this.#listener = listener;
  }

  /** Sets the first held sequence of a worker, in the outbox's sequences; Infinity: none. */
  set(worker: number, heldFrom: number): void {
    if (heldFrom === Infinity) this.#heldFrom.delete(worker);
    else this.#heldFrom.set(worker, heldFrom);
    const before = this.#least;
    this.#least = Math.min(Infinity, ...this.#heldFrom.values());
    if (this.#least > before) this.#listener();
  }
}

/**
 * Holds events back: no sink is offered the event with the sequence `heldFrom()`, nor a later one. Whoever wants to hold an
 * event says so in the tick in which `Outbox.append` returned its sequence: events are offered after that tick.
 */
export interface EventGate {
  /** The lowest sequence that is held, or Infinity. Asked before each batch, so it must be cheap. */
  heldFrom(): number;
  /** The outbox gives the one listener, which is to be called when `heldFrom` has risen. */
  onRelease(listener: () => void): void;
}

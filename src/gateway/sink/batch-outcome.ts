import type { GatewayEvent } from '../event/gateway-event.js';
import type { RefusedEvent, SinkReceipt } from './event-sink.js';

/** What became of one event; the text is why it was refused for good. */
type Outcome = 'pending' | 'taken' | 'failed' | { readonly reason: string };

/** The outcomes of events that are under way together, in whatever order they come in. */
export class BatchOutcome {
  /** Some event is to be offered again. */
  hasFailure = false;
  private readonly outcomes: Outcome[];

  constructor(private readonly batch: readonly GatewayEvent[]) {
    this.outcomes = batch.map(() => 'pending');
  }

  taken(index: number): void {
    this.set(index, 'taken');
  }

  /** To be offered again. */
  failed(index: number): void {
    this.set(index, 'failed');
  }

  refused(index: number, reason: string): void {
    this.set(index, { reason });
  }

  /** Everything from the front up to the first event that failed. */
  receipt(): SinkReceipt {
    const firstFailure = this.outcomes.findIndex((outcome) => outcome === 'failed' || outcome === 'pending');
    const settled = firstFailure < 0 ? this.batch.length : firstFailure;
    const refused: RefusedEvent[] = [];
    for (const [index, event] of this.batch.slice(0, settled).entries()) {
      const outcome = this.outcomes[index];
      if (typeof outcome === 'object') refused.push({ event, reason: outcome.reason });
    }
    return { settled, refused };
  }

  /** The first outcome of an event stands. */
  private set(index: number, outcome: Outcome): void {
    if (this.outcomes[index] !== 'pending') return;
    this.outcomes[index] = outcome;
    if (outcome === 'failed') this.hasFailure = true;
  }
}

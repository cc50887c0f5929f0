import type { GatewayEvent } from '../event/gateway-event.js';
import type { FailedEvent, RefusedEvent, SinkFailure, SinkReceipt } from './event-sink.js';

/** Events that are published at once, each with its index in the batch. */
export type PublishWave = readonly (readonly [index: number, event: GatewayEvent])[];

/** Publishes all events at once. */
export function inOneWave(batch: readonly GatewayEvent[]): readonly PublishWave[] {
  return [[...batch.entries()]];
}

/** Splits a batch so that each wave has at most one event of a connection, in order. */
export function wavesOfConnections(batch: readonly GatewayEvent[]): readonly PublishWave[] {
  const waves: [number, GatewayEvent][][] = [];
  const nextWave = new Map<string, number>();
  for (const entry of batch.entries()) {
    const { connection } = entry[1];
    const wave = nextWave.get(connection) ?? 0;
    nextWave.set(connection, wave + 1);
    const entries = waves[wave] ?? [];
    entries.push(entry);
    waves[wave] = entries;
  }
  return waves;
}

/** The outcome of one event. */
type Outcome =
  | 'pending'
  | 'taken'
  | { readonly kind: 'refused'; readonly reason: string }
  /** `isPassed`: delivery continues with the events behind it. */
  | { readonly kind: 'failed'; readonly failure: SinkFailure; readonly isPassed: boolean };

/** The outcomes of events that are in flight together. They may arrive in any order. */
export class BatchOutcome {
  /** Some event must be offered again, and nothing behind it may start. */
  hasFailure = false;
  readonly #outcomes: Outcome[];
  #isPlain = true;

  readonly #batch: readonly GatewayEvent[];

  constructor(batch: readonly GatewayEvent[]) {
    this.#batch = batch;
    this.#outcomes = batch.map(() => 'pending');
  }

  taken(index: number): void {
    this.#set(index, 'taken');
  }

  /** The event and all behind it must be offered again. */
  failed(index: number, failure: SinkFailure): void {
    if (this.#set(index, { kind: 'failed', failure, isPassed: false })) this.hasFailure = true;
  }

  /** The event was not taken; delivery continues with those behind it. */
  passed(index: number, failure: SinkFailure): void {
    this.#set(index, { kind: 'failed', failure, isPassed: true });
  }

  refused(index: number, reason: string): void {
    this.#set(index, { kind: 'refused', reason });
  }

  isPending(index: number): boolean {
    return this.#outcomes[index] === 'pending';
  }

  /** Why this event was passed over; undefined when it was not. */
  passedOver(index: number): SinkFailure | undefined {
    const outcome = this.#outcomes[index];
    return typeof outcome === 'object' && outcome.kind === 'failed' && outcome.isPassed ? outcome.failure : undefined;
  }

  /** Everything from the front up to the first event that failed or has no outcome. */
  receipt(): SinkReceipt {
    const end = this.#outcomes.findIndex(isUnsettled);
    const settled = end < 0 ? this.#batch.length : end;
    const failure = this.#failureOf(end);
    if (this.#isPlain) return { settled, refused: [], ...failure };
    const refused: RefusedEvent[] = [];
    const failed: FailedEvent[] = [];
    for (const [index, event] of this.#batch.slice(0, settled).entries()) {
      const outcome = this.#outcomes[index];
      if (typeof outcome !== 'object') continue;
      if (outcome.kind === 'refused') refused.push({ event, reason: outcome.reason });
      else failed.push({ event, failure: outcome.failure });
    }
    return { settled, refused, ...(failed.length > 0 && { failed }), ...failure };
  }

  #failureOf(index: number): { failure?: SinkFailure } {
    const outcome = this.#outcomes[index];
    return typeof outcome === 'object' && outcome.kind === 'failed' ? { failure: outcome.failure } : {};
  }

  /** The first outcome of an event stands: false when it has one. */
  #set(index: number, outcome: Outcome): boolean {
    if (this.#outcomes[index] !== 'pending') return false;
    this.#outcomes[index] = outcome;
    if (outcome !== 'taken') this.#isPlain = false;
    return true;
  }
}

function isUnsettled(outcome: Outcome): boolean {
  return outcome === 'pending' || (typeof outcome === 'object' && outcome.kind === 'failed' && !outcome.isPassed);
}

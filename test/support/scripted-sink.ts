import type { GatewayEvent } from '../../src/gateway/event/gateway-event.js';
import type { EventSink, SinkReceipt } from '../../src/gateway/sinks/event-sink.js';

/**
 * The behaviour of a scripted sink for one batch: it takes the first `takes` events, then
 * acknowledges them or rejects.
 */
export interface SinkAnswer {
  readonly takes: number;
  readonly rejects: boolean;
}

/** Takes the whole batch and acknowledges it. */
const TAKE_ALL: SinkAnswer = { takes: Number.MAX_SAFE_INTEGER, rejects: false };
/** Takes nothing and rejects. */
export const REJECT: SinkAnswer = { takes: 0, rejects: true };

/** A sink that follows a list of answers, and `TAKE_ALL` after its end. */
export class ScriptedSink implements EventSink {
  /** Every event taken, with duplicates. */
  readonly taken: GatewayEvent[] = [];
  /** The batches that were offered. */
  readonly offered: GatewayEvent[][] = [];
  /** For each batch, the sequence that was acknowledged before it was offered. */
  readonly acknowledgedBefore: number[] = [];
  started = 0;
  stopped = 0;
  busy = 0;
  mostBusy = 0;
  #acknowledged = 0;
  #waiters: (() => void)[] = [];

  readonly #answers: SinkAnswer[];

  constructor(
    readonly name: string,
    answers: SinkAnswer[] = [],
  ) {
    this.#answers = answers;
  }

  start(): Promise<void> {
    this.started++;
    return Promise.resolve();
  }

  async deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    this.offered.push([...batch]);
    this.acknowledgedBefore.push(this.#acknowledged);
    this.mostBusy = Math.max(this.mostBusy, ++this.busy);
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.busy--;
    return this.#answer(batch, this.#answers.shift() ?? TAKE_ALL);
  }

  stop(): Promise<void> {
    this.stopped++;
    return Promise.resolve();
  }

  /** Resolves once `isReached` holds, which is checked after each batch. */
  async until(isReached: (sink: ScriptedSink) => boolean): Promise<void> {
    while (!isReached(this)) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  #answer(batch: readonly GatewayEvent[], answer: SinkAnswer): SinkReceipt {
    const taken = batch.slice(0, answer.takes);
    this.taken.push(...taken);
    const last = taken.at(-1);
    if (!answer.rejects && last !== undefined) this.#acknowledged = last.sequence;
    for (const wake of this.#waiters.splice(0)) wake();
    if (answer.rejects) throw new Error('The sink was told to reject.');
    return { settled: taken.length, refused: [] };
  }
}

import type { Clock } from '../../../core/clock.js';
import { errorMessage } from '../../../core/error.js';
import type { GatewayEvent } from '../../event/gateway-event.js';
import { DeliveryError, type EventSink, type SinkFailure, type SinkReceipt } from '../../sinks/event-sink.js';
import { Pause } from '../../../core/delay.js';
import { letterEvent, type DeadLetter } from './letter-line.js';
import type { LetterOutcome } from './letter-pass.js';

/** Result of sending letters again. */
export interface Redelivered {
  readonly delivered: number;
  /** Number of letters refused again: they stay, with the new reason. */
  readonly refused: number;
  /** Reason why the sink was unavailable at the end; undefined when it was not. */
  readonly away: string | undefined;
}

const RETRY_MS = 500;
/** Attempts with a single letter before it is suspected. */
const TRIES = 3;
/**
 * Failures of suspects in a row, without a delivery between them, after which the sink counts as
 * unavailable.
 */
const MAX_SUSPECTS = 3;
/** Time without a delivery after which the sink counts as unavailable. */
const PATIENCE_MS = 30_000;

/** Letters to send, and the progress. */
interface Run {
  readonly letters: readonly DeadLetter[];
  readonly outcomes: LetterOutcome[];
  /** Letters that failed since the last delivery. */
  suspects: { readonly index: number; readonly reason: string }[];
  next: number;
}

export interface RedeliveryDeps {
  readonly sink: EventSink;
  /** Names of the sinks that have destinations, by position. */
  readonly positions: readonly string[];
  readonly clock: Clock;
}

/**
 * Delivers letters to a sink in order, in batches. A batch that fails is halved. A letter that
 * fails on its own while others are delivered stays, with the failure as its reason. When none is
 * delivered, the sink is unavailable and no letter changes.
 */
export class Redelivery {
  readonly #sink: EventSink;
  readonly #positions: readonly string[];
  readonly #clock: Clock;
  readonly #pause: Pause;
  #delivered = 0;
  #refused = 0;
  #away: string | undefined;
  #suspectsInRow = 0;
  #unresolved: string | undefined;
  #isStopped = false;
  #lastDeliveredMs: number;

  constructor({ sink, positions, clock }: RedeliveryDeps) {
    this.#sink = sink;
    this.#positions = positions;
    this.#clock = clock;
    this.#pause = new Pause(clock);
    this.#lastDeliveredMs = clock.now();
  }

  get result(): Redelivered {
    return {
      delivered: this.#delivered,
      refused: this.#refused,
      away: this.#away ?? this.#unresolved,
    };
  }

  get isOver(): boolean {
    return this.#isStopped || this.#away !== undefined;
  }

  /** Sends nothing more once the batch under way has ended. */
  stop(): void {
    this.#isStopped = true;
    this.#pause.end();
  }

  /** Resolves to an outcome for each letter, in order. */
  async send(letters: readonly DeadLetter[]): Promise<readonly LetterOutcome[]> {
    const run: Run = { letters, outcomes: letters.map(() => 'keep'), suspects: [], next: 0 };
    let [size, failures] = [letters.length, 0];
    while (run.next < letters.length && !this.isOver) {
      size = Math.min(size, this.#sink.maxBatchEvents ?? Infinity);
      const batch = letters.slice(run.next, run.next + size);
      const events = batch.map((letter) => letterEvent(letter, this.#positions));
      const { receipt, failure } = await this.#offer(events);
      if (receipt.settled > 0) {
        if (this.#apply(run, events, receipt)) size *= 2;
        failures = 0;
      } else if (batch.length === 1 && (isRejection(failure) || ++failures >= TRIES)) {
        this.#failed(run, run.next++, failure);
        this.#suspected(failure);
        failures = 0;
      } else {
        size = Math.ceil(batch.length / 2);
        await this.#waitAfter(failure.reason);
      }
    }
    return run.outcomes;
  }

  async #offer(
    batch: readonly GatewayEvent[],
  ): Promise<{ readonly receipt: SinkReceipt; readonly failure: SinkFailure }> {
    try {
      const receipt = await this.#sink.deliver(batch);
      const failure = receipt.failure ?? { blames: 'attempt', reason: 'It acknowledged nothing of the batch.' };
      return { receipt, failure };
    } catch (error) {
      const blames = error instanceof DeliveryError ? error.blames : 'attempt';
      return { receipt: { settled: 0, refused: [] }, failure: { blames, reason: errorMessage(error) } };
    }
  }

  /**
   * Applies a receipt. True when a letter was delivered: then those that failed before it are
   * refused.
   */
  #apply(run: Run, batch: readonly GatewayEvent[], { settled, refused, failed = [] }: SinkReceipt): boolean {
    const from = run.next;
    const refusals = new Map(refused.map(({ event, reason }) => [event, reason]));
    const failures = new Map(failed.map(({ event, failure }) => [event, failure]));
    let delivered = 0;
    for (const [place, event] of batch.slice(0, settled).entries()) {
      const [refusal, failure] = [refusals.get(event), failures.get(event)];
      if (refusal !== undefined) this.#refuse(run, from + place, refusal);
      else if (failure !== undefined) this.#failed(run, from + place, failure);
      else {
        run.outcomes[from + place] = 'leave-out';
        delivered++;
      }
    }
    run.next += Math.min(settled, batch.length);
    if (delivered > 0) this.#passed(run, delivered);
    else for (const { failure } of failed.slice(-1)) this.#suspected(failure);
    return delivered > 0;
  }

  #passed(run: Run, delivered: number): void {
    this.#delivered += delivered;
    this.#lastDeliveredMs = this.#clock.now();
    for (const { index, reason } of run.suspects) this.#refuse(run, index, reason);
    run.suspects = [];
    this.#suspectsInRow = 0;
    this.#unresolved = undefined;
  }

  /**
   * Handles the failure of one letter. A rejection is an answer to this letter. Silence counts only
   * when other letters are delivered.
   */
  #failed(run: Run, index: number, failure: SinkFailure): void {
    if (isRejection(failure)) this.#refuse(run, index, failure.reason);
    else run.suspects.push({ index, reason: failure.reason });
  }

  #suspected(failure: SinkFailure): void {
    if (!isRejection(failure)) this.#unresolved = failure.reason;
    if (++this.#suspectsInRow >= MAX_SUSPECTS) this.#away = failure.reason;
  }

  async #waitAfter(reason: string): Promise<void> {
    if (this.#clock.now() - this.#lastDeliveredMs > PATIENCE_MS) this.#away = reason;
    else await this.#pause.wait(RETRY_MS);
  }

  #refuse({ letters, outcomes }: Run, index: number, reason: string): void {
    const letter = letters[index];
    if (letter === undefined) return;
    outcomes[index] = { ...letter, reason, time: new Date(this.#clock.wallNow()).toISOString() };
    this.#refused++;
  }
}

function isRejection({ blames }: SinkFailure): boolean {
  return blames === 'event' || blames === 'destination';
}

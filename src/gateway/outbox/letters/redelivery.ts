import type { Clock } from '../../../core/clock.js';
import { errorMessage } from '../../../core/error.js';
import type { GatewayEvent } from '../../event/gateway-event.js';
import { DeliveryError, type EventSink, type SinkFailure, type SinkReceipt } from '../../sinks/event-sink.js';
import { Pause } from '../../../core/delay.js';
import { letterEvent, type DeadLetter } from './letter-line.js';
import type { LetterOutcome } from './letter-pass.js';

/** What came of sending letters again. */
export interface Redelivered {
  readonly delivered: number;
  /** Refused for good once more: they stay, with the new reason. */
  readonly refused: number;
  /** Why the sink took nothing at last; undefined when it did. */
  readonly away: string | undefined;
}

const RETRY_MS = 500;
/** So often one letter is tried by itself before it is suspected. */
const TRIES = 3;
/**
 * So many failures of suspects one after another, and nothing that is taken between them: the sink
 * is away.
 */
const MAX_SUSPECTS = 3;
/** A sink that has taken nothing for so long is away. */
const PATIENCE_MS = 30_000;

/** Letters that are sent, and how far that is. */
interface Run {
  readonly letters: readonly DeadLetter[];
  readonly outcomes: LetterOutcome[];
  /** Those that failed since one was taken. */
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
 * Hands letters to a sink in order, in batches. A batch that fails is halved. One letter that fails
 * by itself while others are taken stays, with the failure as its reason; when none is taken the
 * sink is away, and everything stays as it is.
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
  #lastTakenMs: number;

  constructor({ sink, positions, clock }: RedeliveryDeps) {
    this.#sink = sink;
    this.#positions = positions;
    this.#clock = clock;
    this.#pause = new Pause(clock);
    this.#lastTakenMs = clock.now();
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

  /** What is under way is finished, nothing more is sent. */
  stop(): void {
    this.#isStopped = true;
    this.#pause.end();
  }

  /** An outcome for each letter, in order. */
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
      } else if (batch.length === 1 && (saysNo(failure) || ++failures >= TRIES)) {
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

  /** Whether something was taken: then those that failed before it fail by themselves. */
  #apply(run: Run, batch: readonly GatewayEvent[], { settled, refused, failed = [] }: SinkReceipt): boolean {
    const from = run.next;
    const refusals = new Map(refused.map(({ event, reason }) => [event, reason]));
    const failures = new Map(failed.map(({ event, failure }) => [event, failure]));
    let taken = 0;
    for (const [place, event] of batch.slice(0, settled).entries()) {
      const [refusal, failure] = [refusals.get(event), failures.get(event)];
      if (refusal !== undefined) this.#refuse(run, from + place, refusal);
      else if (failure !== undefined) this.#failed(run, from + place, failure);
      else {
        run.outcomes[from + place] = 'leave-out';
        taken++;
      }
    }
    run.next += Math.min(settled, batch.length);
    if (taken > 0) this.#passed(run, taken);
    else for (const { failure } of failed.slice(-1)) this.#suspected(failure);
    return taken > 0;
  }

  #passed(run: Run, taken: number): void {
    this.#delivered += taken;
    this.#lastTakenMs = this.#clock.now();
    for (const { index, reason } of run.suspects) this.#refuse(run, index, reason);
    run.suspects = [];
    this.#suspectsInRow = 0;
    this.#unresolved = undefined;
  }

  /**
   * A no is an answer to this letter, whatever others get. Silence says something of it only when
   * others are taken.
   */
  #failed(run: Run, index: number, failure: SinkFailure): void {
    if (saysNo(failure)) this.#refuse(run, index, failure.reason);
    else run.suspects.push({ index, reason: failure.reason });
  }

  #suspected(failure: SinkFailure): void {
    if (!saysNo(failure)) this.#unresolved = failure.reason;
    if (++this.#suspectsInRow >= MAX_SUSPECTS) this.#away = failure.reason;
  }

  async #waitAfter(reason: string): Promise<void> {
    if (this.#clock.now() - this.#lastTakenMs > PATIENCE_MS) this.#away = reason;
    else await this.#pause.wait(RETRY_MS);
  }

  #refuse({ letters, outcomes }: Run, index: number, reason: string): void {
    const letter = letters[index];
    if (letter === undefined) return;
    outcomes[index] = { ...letter, reason, time: new Date(this.#clock.wallNow()).toISOString() };
    this.#refused++;
  }
}

function saysNo({ blames }: SinkFailure): boolean {
  return blames === 'event' || blames === 'destination';
}

import type { Clock } from '../../../core/clock.js';
import { errorMessage } from '../../../core/error.js';
import type { EventSink } from '../../sink/event-sink.js';
import { Pause } from '../pause.js';
import type { DeadLetter } from './letter-line.js';
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
/** So many suspects one after another, and nothing that is taken between them: the sink is away. */
const MAX_SUSPECTS = 3;
/** A sink that has taken nothing for so long is away. */
const PATIENCE_MS = 30_000;

/**
 * Hands letters to a sink in order, in batches. A batch that fails is halved. One letter that fails by itself while others are
 * taken stays, with the failure as its reason; when none is taken the sink is away, and everything stays as it is.
 */
export class Redelivery {
  readonly #sink: EventSink;
  readonly #clock: Clock;
  readonly #pause: Pause;
  #delivered = 0;
  #refused = 0;
  #away: string | undefined;
  #suspectsInRow = 0;
  #lastReason = '';
  #isStopped = false;
  #lastTakenMs: number;

  constructor(sink: EventSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
    this.#pause = new Pause(clock);
    this.#lastTakenMs = clock.now();
  }

  get result(): Redelivered {
    return {
      delivered: this.#delivered,
      refused: this.#refused,
      away: this.#suspectsInRow > 0 ? (this.#away ?? this.#lastReason) : this.#away,
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
    const outcomes = letters.map((): LetterOutcome => 'keep');
    let suspects: { readonly index: number; readonly reason: string }[] = [];
    let [next, size, failures] = [0, letters.length, 0];
    while (next < letters.length && !this.isOver) {
      const batch = letters.slice(next, next + size);
      const failure = await this.#try(batch, outcomes, next);
      if (typeof failure === 'number') {
        next += failure;
        [size, failures] = [size * 2, 0];
        for (const { index, reason } of suspects)
          this.#refuse(outcomes, index, refusedAgain(letters[index], reason, this.#now()));
        suspects = [];
        this.#suspectsInRow = 0;
      } else if (batch.length === 1 && ++failures >= TRIES) {
        suspects.push({ index: next++, reason: failure.reason });
        failures = 0;
        this.#suspected(failure.reason);
      } else {
        size = Math.ceil(batch.length / 2);
        await this.#waitAfter(failure.reason);
      }
    }
    return outcomes;
  }

  /** How many of the batch are settled, or why nothing is. */
  async #try(
    batch: readonly DeadLetter[],
    outcomes: LetterOutcome[],
    from: number,
  ): Promise<number | { readonly reason: string }> {
    try {
      const { settled, refused, failed = [] } = await this.#sink.deliver(batch.map(({ event }) => event));
      if (settled === 0) return { reason: 'It acknowledged nothing of the batch.' };
      this.#lastTakenMs = this.#clock.now();
      // What its destination does not take at this moment stays a letter.
      const away = failed.map(({ event, failure }) => ({ event, reason: failure.reason }));
      const reasons = new Map([...refused, ...away].map(({ event, reason }) => [event, reason]));
      for (const [index, letter] of batch.slice(0, settled).entries()) {
        const reason = reasons.get(letter.event);
        if (reason !== undefined) this.#refuse(outcomes, from + index, refusedAgain(letter, reason, this.#now()));
        else this.#take(outcomes, from + index);
      }
      return settled;
    } catch (error) {
      return { reason: errorMessage(error) };
    }
  }

  #suspected(reason: string): void {
    this.#lastReason = reason;
    if (++this.#suspectsInRow >= MAX_SUSPECTS) this.#away = reason;
  }

  async #waitAfter(reason: string): Promise<void> {
    if (this.#clock.now() - this.#lastTakenMs > PATIENCE_MS) this.#away = reason;
    else await this.#pause.wait(RETRY_MS);
  }

  #take(outcomes: LetterOutcome[], index: number): void {
    outcomes[index] = 'leave-out';
    this.#delivered++;
  }

  #refuse(outcomes: LetterOutcome[], index: number, outcome: LetterOutcome): void {
    outcomes[index] = outcome;
    this.#refused++;
  }

  #now(): string {
    return new Date(this.#clock.wallNow()).toISOString();
  }
}

function refusedAgain(letter: DeadLetter | undefined, reason: string, time: string): LetterOutcome {
  return letter === undefined ? 'keep' : { ...letter, reason, time };
}

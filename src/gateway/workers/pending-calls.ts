import type { Clock } from '../../core/clock.js';

/** The answers to one call. */
export interface CallResult<Answer> {
  /** By worker. */
  readonly answers: ReadonlyMap<number, Answer>;
  /** Workers without an answer by the deadline, and those that ended before. */
  readonly silent: readonly number[];
}

interface PendingCall<Answer> {
  readonly dueAt: number;
  readonly waiting: Set<number>;
  readonly answers: Map<number, Answer>;
  readonly silent: number[];
  readonly resolve: (result: CallResult<Answer>) => void;
}

/** Calls that wait for answers of workers, at most until their deadlines. */
export class PendingCalls<Answer> {
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #onMissed: (worker: number) => void;
  /** In the order of the calls, which is that of the deadlines, except for calls with their own. */
  readonly #calls = new Map<number, PendingCall<Answer>>();
  #cancelTimer: (() => void) | undefined;
  #last = 0;

  /** `onMissed` is called for each worker that missed a deadline. */
  constructor(clock: Clock, deadlineMs: number, onMissed: (worker: number) => void) {
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
    this.#onMissed = onMissed;
  }

  /** A number that no pending call has. */
  nextNumber(): number {
    do this.#last = (this.#last + 1) >>> 0;
    while (this.#last === 0 || this.#calls.has(this.#last));
    return this.#last;
  }

  /** Resolves once all workers in `waiting` have answered, or at the deadline. */
  wait(call: number, waiting: Set<number>, silent: number[], deadlineMs?: number): Promise<CallResult<Answer>> {
    const answers = new Map<number, Answer>();
    if (waiting.size === 0) return Promise.resolve({ answers, silent });
    const limitMs = deadlineMs ?? this.#deadlineMs;
    const dueAt = this.#clock.now() + limitMs;
    return new Promise((resolve) => {
      this.#calls.set(call, { dueAt, waiting, answers, silent, resolve });
      if (limitMs === this.#deadlineMs) this.#arm(limitMs);
      else this.#clock.schedule(() => this.#expire(call), limitMs);
    });
  }

  answered(call: number, worker: number, answer: Answer): void {
    const pending = this.#calls.get(call);
    if (pending === undefined || !pending.waiting.delete(worker)) return;
    pending.answers.set(worker, answer);
    if (pending.waiting.size === 0) this.#resolve(call, pending);
  }

  /** Waits no longer for a worker that has ended. */
  gone(worker: number): void {
    for (const [call, pending] of this.#calls) {
      if (!pending.waiting.delete(worker)) continue;
      pending.silent.push(worker);
      if (pending.waiting.size === 0) this.#resolve(call, pending);
    }
  }

  /** Ends the wait for all calls, as if all workers had ended. */
  stop(): void {
    this.#cancelTimer?.();
    for (const [call, pending] of this.#calls) {
      pending.silent.push(...pending.waiting);
      this.#resolve(call, pending);
    }
  }

  #resolve(call: number, { answers, silent, resolve }: PendingCall<Answer>): void {
    this.#calls.delete(call);
    resolve({ answers, silent });
  }

  #arm(delayMs: number): void {
    this.#cancelTimer ??= this.#clock.schedule(() => this.#expireDue(), delayMs);
  }

  #expireDue(): void {
    this.#cancelTimer = undefined;
    const now = this.#clock.now();
    let nextAt = Infinity;
    for (const [call, { dueAt }] of this.#calls) {
      if (dueAt <= now) this.#expire(call);
      else nextAt = Math.min(nextAt, dueAt);
    }
    if (nextAt < Infinity) this.#arm(nextAt - now);
  }

  #expire(call: number): void {
    const pending = this.#calls.get(call);
    // The number may be in use again: only a call that is due is ended.
    if (pending === undefined || pending.dueAt > this.#clock.now()) return;
    for (const worker of pending.waiting) {
      pending.silent.push(worker);
      this.#onMissed(worker);
    }
    this.#resolve(call, pending);
  }
}

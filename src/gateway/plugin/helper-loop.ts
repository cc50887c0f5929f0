import { systemClock, type Clock } from '../../core/clock.js';
import type { PluginContext, PluginSelection } from './plugin.js';

/** Rounds that the loop runs at most in a second, however short its pause. */
const MAX_ROUNDS_PER_SECOND = 10_000;

/**
 * Rounds that may be made up for at once: what was missed for longer than 100 ms is not repeated.
 */
const MAX_DUE_ROUNDS = MAX_ROUNDS_PER_SECOND / 10;

/** What the loop does its rounds on. */
export interface HelperRounds {
  /** Runs so many rounds, one after the other. */
  run(rounds: number): void;
  /** True: the receivers cannot keep up, so no new round may start. */
  isHeldBack(): boolean;
  /** True: nobody would receive anything, so the loop idles and nothing counts as left out. */
  isIdle(): boolean;
  /** So many rounds were due and left out because they were held back. */
  skipped(rounds: number): void;
}

/** How the loop is paced. */
export interface HelperLoopOptions {
  /** Between two rounds; 0 is as fast as it goes. */
  readonly pauseMs: number;
  /**
   * With a pause: how long the loop sleeps at least, so that the rounds of one wake-up leave in one
   * write a socket.
   */
  readonly wakeUpMs: number;
  /** Without a pause: rounds between two turns of the event loop, each of which flushes. */
  readonly roundsPerFlush: number;
  readonly clock?: Clock;
}

/**
 * Runs rounds at a steady rate though timers cannot wait less than 1 ms: on each wake-up those that
 * have become due. Never spins: between two wake-ups the event loop turns.
 */
export class HelperLoop {
  readonly #rounds: HelperRounds;
  readonly #options: HelperLoopOptions;
  readonly #clock: Clock;
  readonly #periodMs: number;
  #cancel: (() => void) | undefined;
  #running = false;
  /** Up to when rounds have been run or left out. */
  #doneUntil = 0;

  constructor(rounds: HelperRounds, options: HelperLoopOptions) {
    this.#rounds = rounds;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#periodMs = Math.max(options.pauseMs, 1000 / MAX_ROUNDS_PER_SECOND);
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#doneUntil = this.#clock.now();
    if (this.#options.pauseMs > 0) this.#sleep();
    else this.#turn();
  }

  /** Idempotent; no round runs afterwards. */
  stop(): void {
    this.#running = false;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #sleep(): void {
    const waitMs = Math.max(this.#options.wakeUpMs, this.#options.pauseMs);
    this.#cancel = this.#clock.schedule(() => this.#wake(), waitMs);
  }

  #wake(): void {
    const due = this.#takeDue();
    if (due > 0 && !this.#rounds.isIdle()) {
      if (this.#rounds.isHeldBack()) this.#rounds.skipped(due);
      else this.#rounds.run(due);
    }
    if (this.#running) this.#sleep();
  }

  /**
   * Rounds whose time has come since the last wake-up. What is too old to make up for is left out
   * and said.
   */
  #takeDue(): number {
    const due = Math.floor((this.#clock.now() - this.#doneUntil) / this.#periodMs);
    this.#doneUntil += due * this.#periodMs;
    if (due <= MAX_DUE_ROUNDS) return due;
    this.#rounds.skipped(due - MAX_DUE_ROUNDS);
    return MAX_DUE_ROUNDS;
  }

  /**
   * One batch a turn of the event loop; held back or idle, it looks again after a millisecond
   * instead of spinning.
   */
  #turn(): void {
    if (this.#rounds.isIdle() || this.#rounds.isHeldBack()) {
      if (!this.#rounds.isIdle()) this.#rounds.skipped(this.#options.roundsPerFlush);
      this.#cancel = this.#clock.schedule(() => this.#turn(), 1);
      return;
    }
    this.#rounds.run(this.#options.roundsPerFlush);
    if (!this.#running) return;
    const immediate = setImmediate(() => this.#turn());
    this.#cancel = () => clearImmediate(immediate);
  }
}

const TEXT = 'routine message';
const LOG_EACH_ROUNDS = 1000;

/**
 * One round: broadcast a text to the connections with `foo=bar`. Once in 1,000 rounds it says what
 * that took, unless nobody took it.
 */
export class HelperRoutine implements HelperRounds {
  readonly #context: PluginContext;
  readonly #clock: Clock;
  readonly #selection: PluginSelection;
  #done = 0;
  #skipped = 0;

  constructor(context: PluginContext, clock: Clock) {
    this.#context = context;
    this.#clock = clock;
    this.#selection = context.select({ foo: 'bar' });
  }

  run(rounds: number): void {
    const untilLog = LOG_EACH_ROUNDS - (this.#done % LOG_EACH_ROUNDS);
    this.#done += rounds;
    const plain = rounds < untilLog ? rounds : rounds - 1;
    for (let round = 0; round < plain; round += 1) this.#context.broadcast(this.#selection, TEXT);
    if (plain < rounds) this.#runTimed();
  }

  isHeldBack(): boolean {
    return this.#selection.congested * 2 > this.#selection.size;
  }

  isIdle(): boolean {
    return this.#selection.size === 0;
  }

  skipped(rounds: number): void {
    this.#skipped += rounds;
  }

  /** Logs how many rounds were left out since the last report, if any were. */
  reportSkipped(): void {
    if (this.#skipped === 0) return;
    this.#context.log.info('helper.skipped', { rounds: this.#skipped });
    this.#skipped = 0;
  }

  /**
   * Queueing is the broadcast itself; flushing is what the event loop then takes to hand over all
   * that was queued.
   */
  #runTimed(): void {
    const { log } = this.#context;
    const startedAt = this.#clock.now();
    const count = this.#context.broadcast(this.#selection, TEXT);
    const queuedAt = this.#clock.now();
    if (count === 0) return;
    log.info('helper.sent', { worker: 0, count, tookMs: queuedAt - startedAt });
    setImmediate(() => {
      log.info('helper.flushed', { worker: 0, count, flushMs: this.#clock.now() - queuedAt });
    });
  }
}

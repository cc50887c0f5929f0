import { systemClock, type Clock } from '../../core/clock.js';
import type { PluginContext, PluginSelection } from './plugin.js';

/** Maximum number of rounds per second, however short the pause. */
const MAX_ROUNDS_PER_SECOND = 10_000;

/**
 * Maximum number of overdue rounds that are made up for at once: those older than 100 ms are
 * skipped.
 */
const MAX_DUE_ROUNDS = MAX_ROUNDS_PER_SECOND / 10;

/** The rounds of a loop. */
export interface HelperRounds {
  /** Runs this number of rounds, one after the other. */
  run(rounds: number): void;
  /** Whether the receivers cannot keep up, so that no round may start. */
  isHeldBack(): boolean;
  /** Whether there are no receivers, so that the loop idles and no round counts as skipped. */
  isIdle(): boolean;
  /** Counts rounds that were due but skipped. */
  skipped(rounds: number): void;
}

/** Pacing of a loop. */
export interface HelperLoopOptions {
  /** Pause between two rounds; 0 runs them as fast as possible. */
  readonly pauseMs: number;
  /**
   * With a pause: the minimum sleep of the loop, so that the rounds of one wake-up share one write
   * per socket.
   */
  readonly wakeUpMs: number;
  /** Without a pause: rounds per turn of the event loop, which flushes them. */
  readonly roundsPerFlush: number;
  readonly clock?: Clock;
}

/**
 * Runs rounds at a steady rate, although timers cannot wait less than 1 ms: each wake-up runs the
 * rounds that have become due. Never blocks: the event loop turns between two wake-ups.
 */
export class HelperLoop {
  readonly #rounds: HelperRounds;
  readonly #options: HelperLoopOptions;
  readonly #clock: Clock;
  readonly #periodMs: number;
  #cancel: (() => void) | undefined;
  #running = false;
  /** Time up to which rounds have been run or skipped. */
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

  /** Stops the loop; no round runs afterwards. Idempotent. */
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
   * Returns the number of rounds that became due since the last wake-up. Rounds that are too old
   * are reported as skipped.
   */
  #takeDue(): number {
    const due = Math.floor((this.#clock.now() - this.#doneUntil) / this.#periodMs);
    this.#doneUntil += due * this.#periodMs;
    if (due <= MAX_DUE_ROUNDS) return due;
    this.#rounds.skipped(due - MAX_DUE_ROUNDS);
    return MAX_DUE_ROUNDS;
  }

  /**
   * Runs one batch per turn of the event loop. When held back or idle, it checks again after 1 ms.
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
 * One round broadcasts a text to the connections with `foo=bar`. Every 1,000th round logs how long
 * that took, unless no connection accepted it.
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

  /** Logs how many rounds were skipped since the last report, if any. */
  reportSkipped(): void {
    if (this.#skipped === 0) return;
    this.#context.log.info('helper.skipped', { rounds: this.#skipped });
    this.#skipped = 0;
  }

  /**
   * Times queueing, which is the broadcast itself, and flushing, which is the time until the event
   * loop has written everything.
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

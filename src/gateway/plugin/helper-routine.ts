import type { Clock } from '../../core/clock.js';
import type { HelperRounds } from './helper-loop.js';
import type { PluginContext, PluginSelection } from './plugin.js';

const TEXT = 'routine message';
const LOG_EACH_ROUNDS = 1000;

/** One round: broadcast a text to the connections with `foo=bar`. Once in 1,000 rounds it says what that took, unless nobody took it. */
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

  /** Queueing is the broadcast itself; flushing is what the event loop then takes to hand over all that was queued. */
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

import type { Clock } from '../../core/clock.js';
import type { IterationRunner, IterationTicket } from '../executor/executor.js';
import type { BuiltInMetrics } from '../metric/built-in-metrics.js';
import type { Tags } from '../metric/series.js';
import type { Scenario, VirtualUser } from '../scenario/scenario.js';

/** Metrics that a complete iteration records. */
export type IterationMetrics = Pick<BuiltInMetrics, 'iterations' | 'iterationDuration'>;

export interface MeasuredUsersOptions {
  readonly scenario: Scenario;
  readonly metrics: IterationMetrics;
  /** Tags of the scenario. */
  readonly tags: Tags;
  readonly clock: Clock;
  /**
   * Maps the number of a virtual user in this executor to its number in the run (k6's `__VU`, from
   * 1).
   */
  readonly numberOf: (user: number) => number;
  /**
   * Minimum duration of an iteration; the remaining time is waited and appears in no metric: k6's
   * `minIterationDuration`.
   */
  readonly minIterationMs: number;
}

/**
 * The virtual users of one executor, created when first used. Complete iterations are counted and
 * timed, as in k6.
 */
export class MeasuredUsers implements IterationRunner {
  readonly #users = new Map<number, VirtualUser>();
  /** Virtual users that wait for the minimum duration of their iteration. */
  readonly #endWaits = new Map<number, () => void>();

  readonly #options: MeasuredUsersOptions;

  constructor(options: MeasuredUsersOptions) {
    this.#options = options;
  }

  async iterate(user: number, ticket: IterationTicket): Promise<boolean> {
    const { clock, metrics } = this.#options;
    const startMs = clock.now();
    const virtualUser = this.#user(user);
    const isComplete = await virtualUser.iterate(ticket);
    if (isComplete) {
      const tags = virtualUser.tags ?? this.#options.tags;
      metrics.iterationDuration.add(clock.now() - startMs, tags);
      metrics.iterations.add(1, tags);
    }
    const restMs = startMs + this.#options.minIterationMs - clock.now();
    if (isComplete && restMs > 0) await this.#wait(user, restMs);
    return isComplete;
  }

  interrupt(user: number): void {
    this.#users.get(user)?.interrupt();
    this.#endWaits.get(user)?.();
  }

  interruptAll(): void {
    for (const user of this.#users.keys()) this.interrupt(user);
  }

  async #wait(user: number, restMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.schedule(resolve, restMs);
      this.#endWaits.set(user, () => {
        cancel();
        resolve();
      });
    });
    this.#endWaits.delete(user);
  }

  #user(number: number): VirtualUser {
    const known = this.#users.get(number);
    if (known !== undefined) return known;
    const user = this.#options.scenario.createUser(this.#options.numberOf(number));
    this.#users.set(number, user);
    return user;
  }
}

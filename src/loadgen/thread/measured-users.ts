import type { Clock } from '../../core/clock.js';
import type { IterationRunner, IterationTicket } from '../executor/executor.js';
import type { BuiltInMetrics } from '../metric/built-in-metrics.js';
import type { Tags } from '../metric/series.js';
import type { Scenario, VirtualUser } from '../scenario/scenario.js';

/** What a complete iteration records. */
export type IterationMetrics = Pick<BuiltInMetrics, 'iterations' | 'iterationDuration'>;

export interface MeasuredUsersOptions {
  readonly scenario: Scenario;
  readonly metrics: IterationMetrics;
  /** Of the scenario. */
  readonly tags: Tags;
  readonly clock: Clock;
  /**
   * The number of a virtual user in the whole run (k6's `__VU`, from 1), of its number in this
   * executor.
   */
  readonly numberOf: (user: number) => number;
  /**
   * What a shorter iteration is filled up to with waiting, of which no metric knows: k6's
   * `minIterationDuration`.
   */
  readonly minIterationMs: number;
}

/**
 * The virtual users of one executor, made when first used; complete iterations count and have a
 * duration, as in k6.
 */
export class MeasuredUsers implements IterationRunner {
  readonly #users = new Map<number, VirtualUser>();
  /** Those who wait for their shortest iteration to be over. */
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

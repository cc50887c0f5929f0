import type { Clock } from '../../core/clock.js';
import type { IterationRunner } from '../executor/executor.js';
import type { Series } from '../metric/series.js';
import type { Scenario, VirtualUser } from '../scenario/scenario.js';

/** What iterations with the same tags record. */
export interface IterationMetrics {
  readonly iterations: Series;
  readonly iterationDuration: Series;
}

/** The virtual users of one executor, made when first used; complete iterations count and have a duration, as in k6. */
export class MeasuredUsers implements IterationRunner {
  private readonly users = new Map<number, VirtualUser>();

  constructor(
    private readonly scenario: Scenario,
    private readonly metrics: IterationMetrics,
    private readonly clock: Clock,
  ) {}

  async iterate(vu: number): Promise<boolean> {
    const startMs = this.clock.now();
    const isComplete = await this.user(vu).iterate();
    if (isComplete) {
      this.metrics.iterationDuration.add(this.clock.now() - startMs);
      this.metrics.iterations.add(1);
    }
    return isComplete;
  }

  interrupt(): void {
    for (const user of this.users.values()) user.interrupt();
  }

  private user(vu: number): VirtualUser {
    const known = this.users.get(vu);
    if (known !== undefined) return known;
    const user = this.scenario.createUser(vu);
    this.users.set(vu, user);
    return user;
  }
}

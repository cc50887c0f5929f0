import type { Clock } from '../../core/clock.js';
import type { IterationRunner } from '../executor/executor.js';
import type { BuiltInMetrics } from '../metric/built-in-metrics.js';
import type { Scenario, VirtualUser } from '../scenario/scenario.js';

/** The virtual users of one executor, made when first used; complete iterations count and have a duration, as in k6. */
export class MeasuredUsers implements IterationRunner {
  private readonly users = new Map<number, VirtualUser>();

  constructor(
    private readonly scenario: Scenario,
    private readonly metrics: BuiltInMetrics,
    private readonly clock: Clock,
  ) {}

  async iterate(vu: number): Promise<boolean> {
    const startMs = this.clock.now();
    const isComplete = await this.user(vu).iterate();
    if (isComplete) {
      this.metrics.iterationDuration.record(this.clock.now() - startMs);
      this.metrics.iterations.value += 1;
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

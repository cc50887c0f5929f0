import { ExecutorBase } from '../../../src/loadgen/executor/executor-base.js';
import type { ExecutorDefinition } from '../../../src/loadgen/executor/executor-definition.js';
import type { ScenarioPlan } from '../../../src/loadgen/executor/scenario-plan.js';
import { shareOf } from '../../../src/loadgen/pacing/shard.js';

/** All virtual users begin an iteration together, several times. */
interface BurstsPlan extends ScenarioPlan {
  readonly executor: 'bursts';
  readonly vus: number;
  readonly bursts: number;
  readonly everyMs: number;
}

/** Time limit of all bursts, which a busy machine does not reach. */
const LIMIT_MS = 60_000;

class Bursts extends ExecutorBase<BurstsPlan> {
  #endWait: () => void = () => undefined;

  get allocatedVus(): number {
    return shareOf(this.plan.vus, this.deps.shard);
  }

  protected get startingMs(): number {
    return LIMIT_MS;
  }

  protected async drive(): Promise<void> {
    for (let burst = 0; burst < this.plan.bursts; burst += 1) {
      await this.#waitUntil(burst * this.plan.everyMs);
      if (!this.mayStart) return;
      const dueMs = this.clockMs(burst * this.plan.everyMs);
      const users = Array.from({ length: this.allocatedVus }, (_, user) => this.iterate(user, dueMs));
      this.activeVus = users.length;
      await Promise.all(users);
      this.activeVus = 0;
    }
  }

  protected stopDriving(): void {
    this.#endWait();
  }

  async #waitUntil(atMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.deps.clock.schedule(resolve, Math.max(0, atMs - this.elapsedMs));
      this.#endWait = () => {
        cancel();
        resolve();
      };
    });
  }
}

export const bursts: ExecutorDefinition<BurstsPlan> = {
  name: 'bursts',
  keys: ['vus', 'bursts', 'every'],
  model: 'closed',
  holdsConnections: false,
  read: (settings, base) => ({
    ...base,
    executor: 'bursts',
    vus: settings.integer('vus', { least: 1, otherwise: 1 }),
    bursts: settings.integer('bursts', { least: 1, otherwise: 1 }),
    everyMs: settings.duration('every', { leastMs: 1, otherwise: 1000 }),
  }),
  view: ({ vus, bursts: count, everyMs }) => ({ vus, bursts: count, every: `${everyMs}ms` }),
  describe: ({ vus, bursts: count }) => ({ load: `${count} bursts of ${vus} VUs` }),
  progress: ({ vus, bursts: count }) => ({ kind: 'shared-iterations', iterations: vus * count }),
  startingMs: () => LIMIT_MS,
  maxVus: ({ vus }) => vus,
  initialVus: ({ vus }) => vus,
  iterations: ({ vus, bursts: count }) => vus * count,
  plannedAt: ({ vus }) => vus,
  mostPlanned: ({ vus }) => vus,
  scale: (plan, { countOf }) => ({ ...plan, vus: countOf(plan.vus) }),
  create: (plan, deps) => new Bursts(plan, deps),
};

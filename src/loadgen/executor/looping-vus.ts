import { formatGoDuration } from '../../core/duration.js';
import { shareOf } from '../pacing/shard.js';
import { ExecutorBase } from './executor-base.js';
import type { ScenarioPlan } from './scenario-plan.js';
import { DEFAULT_MAX_DURATION_MS, MIN_DURATION_MS, type ScenarioSettings } from './scenario-settings.js';

/**
 * A fixed number of virtual users that iterate one after another: the base of three of k6's
 * executors.
 */
export abstract class LoopingVus<P extends ScenarioPlan & { readonly vus: number }> extends ExecutorBase<P> {
  get allocatedVus(): number {
    return shareOf(this.plan.vus, this.deps.shard);
  }

  /** How many of the planned iterations were never begun, when the time is up. */
  protected abstract countLeftOver(): number;

  /** Runs one more iteration of the user; false when there is none left for it. */
  protected abstract next(user: number): Promise<boolean>;

  protected async drive(): Promise<void> {
    await Promise.all(Array.from({ length: this.allocatedVus }, (_, user) => this.#loop(user)));
    if (!this.isInterrupted) this.droppedIterations += this.countLeftOver();
  }

  protected stopDriving(): void {
    // The loops ask before each iteration.
  }

  async #loop(user: number): Promise<void> {
    this.activeVus += 1;
    while (this.mayStart) {
      if (!(await this.next(user))) break;
      const turn = this.deps.slices.over();
      if (turn !== undefined) await turn;
    }
    this.activeVus -= 1;
  }
}

/** Settings of the two executors that a number of iterations ends. */
export interface IterationsPlan extends ScenarioPlan {
  readonly vus: number;
  readonly iterations: number;
  readonly maxDurationMs: number;
}

export function readIterations(
  settings: ScenarioSettings,
): Pick<IterationsPlan, 'vus' | 'iterations' | 'maxDurationMs'> {
  return {
    vus: settings.integer('vus', { least: 1, otherwise: 1 }),
    iterations: settings.integer('iterations', { least: 1, otherwise: 1 }),
    maxDurationMs: settings.duration('maxDuration', { leastMs: MIN_DURATION_MS, otherwise: DEFAULT_MAX_DURATION_MS }),
  };
}

export function viewIterations({ vus, iterations, maxDurationMs }: IterationsPlan): Readonly<Record<string, unknown>> {
  return { vus, iterations, maxDuration: formatGoDuration(maxDurationMs) };
}

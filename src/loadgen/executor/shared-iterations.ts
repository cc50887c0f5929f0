import { formatGoDuration } from '../../core/duration.js';
import { shareOf } from '../pacing/shard.js';
import type { ExecutorDefinition } from './executor-definition.js';
import { LoopingVus, readIterations, viewIterations, type IterationsPlan } from './looping-vus.js';

/** Settings of `shared-iterations`: a fixed number of iterations that the virtual users share. */
export interface SharedIterationsPlan extends IterationsPlan {
  readonly executor: 'shared-iterations';
}

/** k6's shared-iterations: one pool; faster virtual users (and threads) take more of it. */
class SharedIterations extends LoopingVus<SharedIterationsPlan> {
  /** Iterations of this process, all threads together. */
  readonly #iterations = shareOf(this.plan.iterations, this.processPart);

  protected get startingMs(): number {
    return this.plan.maxDurationMs;
  }

  protected next(user: number): Promise<boolean> {
    return this.iterate(user, this.deps.clock.now(), this.#iterations);
  }

  protected countLeftOver(): number {
    return this.deps.pool.takeRest(this.#iterations);
  }
}

export const sharedIterations: ExecutorDefinition<SharedIterationsPlan> = {
  name: 'shared-iterations',
  keys: ['vus', 'iterations', 'maxDuration'],
  model: 'closed',
  holdsConnections: false,
  read: (settings, base) => {
    const plan = readIterations(settings);
    if (plan.iterations < plan.vus) settings.complain('iterations', tooFewIterations(plan));
    return { ...base, executor: 'shared-iterations', ...plan };
  },
  view: viewIterations,
  describe: ({ vus, iterations, maxDurationMs }) => ({
    load: `${iterations} iterations shared among ${vus} VUs`,
    fact: `maxDuration: ${formatGoDuration(maxDurationMs)}`,
  }),
  progress: ({ iterations }) => ({ kind: 'shared-iterations', iterations }),
  startingMs: ({ maxDurationMs }) => maxDurationMs,
  maxVus: ({ vus }) => vus,
  initialVus: ({ vus }) => vus,
  iterations: ({ iterations }) => iterations,
  plannedAt: ({ vus }) => vus,
  mostPlanned: ({ vus }) => vus,
  scale: (plan, { countOf }) => ({ ...plan, vus: countOf(plan.vus), iterations: countOf(plan.iterations) }),
  create: (plan, deps) => new SharedIterations(plan, deps),
};

/** The problem of shared iterations that do not suffice for their virtual users. */
export function tooFewIterations({ vus, iterations }: { vus: number; iterations: number }): string {
  return `${iterations} shared iterations are fewer than the ${vus} VUs; each needs at least one`;
}

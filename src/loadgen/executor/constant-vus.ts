import { formatGoDuration } from '../../core/duration.js';
import type { ExecutorDefinition } from './executor-definition.js';
import { LoopingVus } from './looping-vus.js';
import type { ScenarioPlan } from './scenario-plan.js';

/** Settings of `constant-vus`: a fixed number of virtual users iterate for a time. */
export interface ConstantVusPlan extends ScenarioPlan {
  readonly executor: 'constant-vus';
  readonly vus: number;
  readonly durationMs: number;
}

/** k6's constant-vus: iterations without limit; the time alone ends them. */
class ConstantVus extends LoopingVus<ConstantVusPlan> {
  protected get startingMs(): number {
    return this.plan.durationMs;
  }

  protected next(user: number): Promise<boolean> {
    return this.iterate(user, this.deps.clock.now());
  }

  protected countLeftOver(): number {
    return 0;
  }
}

export const constantVus: ExecutorDefinition<ConstantVusPlan> = {
  name: 'constant-vus',
  keys: ['vus', 'duration'],
  model: 'closed',
  holdsConnections: true,
  read: (settings, base) => {
    const vus = settings.integer('vus', { least: 1, otherwise: 1 });
    return { ...base, executor: 'constant-vus', vus, durationMs: settings.requiredDuration() };
  },
  view: ({ vus, durationMs }) => ({ vus, duration: formatGoDuration(durationMs) }),
  describe: ({ vus, durationMs }) => ({ load: `${vus} looping VUs for ${formatGoDuration(durationMs)}` }),
  progress: () => ({ kind: 'looping' }),
  startingMs: ({ durationMs }) => durationMs,
  maxVus: ({ vus }) => vus,
  initialVus: ({ vus }) => vus,
  iterations: () => undefined,
  plannedAt: ({ vus }) => vus,
  mostPlanned: ({ vus }) => vus,
  scale: (plan, { countOf }) => ({ ...plan, vus: countOf(plan.vus) }),
  create: (plan, deps) => new ConstantVus(plan, deps),
};

/** Whether the scenario is one of `constant-vus`. */
export function isConstantVus(plan: ScenarioPlan): plan is ConstantVusPlan {
  return plan.executor === 'constant-vus';
}

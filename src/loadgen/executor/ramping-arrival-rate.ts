import { formatGoDuration } from '../../core/duration.js';
import { rampingArrivals, rateAt } from '../pacing/arrivals.js';
import { stagesMs, type Stage } from '../pacing/stages.js';
import {
  ArrivalRate,
  formatRate,
  perSecond,
  readArrivals,
  scaleArrivals,
  viewArrivals,
  vuRange,
  type ArrivalRatePlan,
} from './arrival-rate.js';
import type { ExecutorDefinition } from './executor-definition.js';
import { viewStages } from './scenario-settings.js';

/** Settings of `ramping-arrival-rate`: iterations begin at a rate that follows stages. */
export interface RampingArrivalRatePlan extends ArrivalRatePlan {
  readonly executor: 'ramping-arrival-rate';
  /** Iterations a `timeUnitMs`, as are the targets of the stages. */
  readonly startRate: number;
  readonly stages: readonly Stage[];
}

/** k6's ramping-arrival-rate. */
class RampingArrivalRate extends ArrivalRate<RampingArrivalRatePlan> {
  protected get startingMs(): number {
    return stagesMs(this.plan.stages);
  }

  protected get rate(): number {
    return rateAt(this.plan, this.elapsedMs);
  }
}

export const rampingArrivalRate: ExecutorDefinition<RampingArrivalRatePlan> = {
  name: 'ramping-arrival-rate',
  keys: ['startRate', 'timeUnit', 'stages', 'preAllocatedVUs', 'maxVUs'],
  model: 'open',
  holdsConnections: false,
  read: (settings, base) => {
    const startRate = settings.integer('startRate', { least: 0, otherwise: 0 });
    const stages = settings.requiredStages();
    return { ...base, executor: 'ramping-arrival-rate', startRate, stages, ...readArrivals(settings) };
  },
  view: (plan) => ({ startRate: plan.startRate, stages: viewStages(plan.stages), ...viewArrivals(plan) }),
  describe: (plan) => {
    const duration = formatGoDuration(stagesMs(plan.stages));
    return {
      load: `Up to ${formatRate(mostRate(plan), plan)} iterations/s for ${duration} over ${plan.stages.length} stages`,
      fact: vuRange(plan),
    };
  },
  progress: (plan) => ({ kind: 'arrivals', mostPerSecond: perSecond(mostRate(plan), plan) }),
  startingMs: ({ stages }) => stagesMs(stages),
  maxVus: ({ maxVus }) => maxVus,
  initialVus: ({ preAllocatedVus }) => preAllocatedVus,
  iterations: () => undefined,
  plannedAt: (plan, elapsedMs) => perSecond(rateAt(plan, elapsedMs), plan),
  mostPlanned: (plan) => perSecond(mostRate(plan), plan),
  scale: (plan, part) => ({
    ...plan,
    ...scaleArrivals(plan, part),
    startRate: plan.startRate * part.share,
    stages: plan.stages.map((stage) => ({ ...stage, target: stage.target * part.share })),
  }),
  create: (plan, deps) => new RampingArrivalRate(plan, deps, rampingArrivals(plan)),
};

function mostRate({ startRate, stages }: RampingArrivalRatePlan): number {
  return Math.max(startRate, ...stages.map(({ target }) => target));
}

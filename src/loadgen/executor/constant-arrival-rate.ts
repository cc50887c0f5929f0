import { formatGoDuration } from '../../core/duration.js';
import { constantArrivals } from '../pacing/arrivals.js';
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
import type { ConstantVusPlan } from './constant-vus.js';
import type { ExecutorDefinition } from './executor-definition.js';

/** Settings of `constant-arrival-rate`: iterations begin at a constant rate. */
export interface ConstantArrivalRatePlan extends ArrivalRatePlan {
  readonly executor: 'constant-arrival-rate';
  /** Iterations a `timeUnitMs`. */
  readonly rate: number;
  readonly durationMs: number;
}

/** k6's constant-arrival-rate. */
class ConstantArrivalRate extends ArrivalRate<ConstantArrivalRatePlan> {
  protected get startingMs(): number {
    return this.plan.durationMs;
  }

  protected get rate(): number {
    return this.plan.rate;
  }
}

export const constantArrivalRate: ExecutorDefinition<ConstantArrivalRatePlan> = {
  name: 'constant-arrival-rate',
  keys: ['rate', 'timeUnit', 'duration', 'preAllocatedVUs', 'maxVUs'],
  model: 'open',
  holdsConnections: false,
  read: (settings, base) => {
    settings.require('rate');
    const rate = settings.integer('rate', { least: 1, otherwise: 1 });
    const durationMs = settings.requiredDuration();
    return { ...base, executor: 'constant-arrival-rate', rate, durationMs, ...readArrivals(settings) };
  },
  view: (plan) => ({ rate: plan.rate, duration: formatGoDuration(plan.durationMs), ...viewArrivals(plan) }),
  describe: (plan) => ({
    load: `${formatRate(plan.rate, plan)} iterations/s for ${formatGoDuration(plan.durationMs)}`,
    fact: vuRange(plan),
  }),
  progress: (plan) => ({ kind: 'arrivals', mostPerSecond: perSecond(plan.rate, plan) }),
  startingMs: ({ durationMs }) => durationMs,
  maxVus: ({ maxVus }) => maxVus,
  initialVus: ({ preAllocatedVus }) => preAllocatedVus,
  iterations: () => undefined,
  plannedAt: (plan) => perSecond(plan.rate, plan),
  mostPlanned: (plan) => perSecond(plan.rate, plan),
  scale: (plan, part) => ({ ...plan, ...scaleArrivals(plan, part), rate: plan.rate * part.share }),
  create: (plan, deps) => new ConstantArrivalRate(plan, deps, constantArrivals(plan)),
};

/**
 * Replaces looping virtual users with arrivals at a rate a second, for the same number of users.
 */
export function constantArrivalsOf(plan: ConstantVusPlan, rate: number): ConstantArrivalRatePlan {
  const { vus, durationMs, name, startTimeMs, gracefulStopMs, exec, env, tags } = plan;
  const base = { name, startTimeMs, gracefulStopMs, exec, env, tags };
  const users = { preAllocatedVus: vus, maxVus: vus };
  return { ...base, durationMs, executor: 'constant-arrival-rate', rate, timeUnitMs: 1000, ...users };
}

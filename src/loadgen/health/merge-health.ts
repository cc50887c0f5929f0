import { judgeSecond } from '../../run-file/judge-health.js';
import type { HealthRecord } from '../../run-file/records.js';
import { largest } from '../../core/largest.js';
import type { ProcessHealth } from './process-gauges.js';
import type { LoadHealth, ThreadHealth, Pace } from './thread-gauges.js';

/** How the generator did in one second, with the verdict on it. */
export function composeHealth(
  second: number,
  measured: ThreadHealth & ProcessHealth,
  { backlogBytes, pace }: LoadHealth,
): HealthRecord {
  return { second, ...measured, backlogBytes, ...pace, verdict: judgeSecond(measured) };
}

/**
 * The health of several threads in the same second: that of the busiest and of the latest one, for
 * one thread that is a bottleneck spoils what its virtual users measured, however the others do.
 */
export function mergeHealth(parts: readonly ThreadHealth[]): ThreadHealth {
  const worst = (of: (part: ThreadHealth) => number): number => largest(parts.map(of));
  const sum = (of: (part: ThreadHealth) => number): number => parts.reduce((total, part) => total + of(part), 0);
  return {
    eventLoopUse: worst(({ eventLoopUse }) => eventLoopUse),
    scheduleLag: {
      count: sum(({ scheduleLag }) => scheduleLag.count),
      p50: worst(({ scheduleLag }) => scheduleLag.p50),
      p99: worst(({ scheduleLag }) => scheduleLag.p99),
      max: worst(({ scheduleLag }) => scheduleLag.max),
    },
    gcMs: sum(({ gcMs }) => gcMs),
  };
}

/** What the virtual users of several threads say of the same second: sums. */
export function mergeLoadHealth(parts: readonly LoadHealth[]): LoadHealth {
  const backlogBytes = parts.reduce((sum, part) => sum + part.backlogBytes, 0);
  const pace = sumPaces(parts.map((part) => part.pace));
  return { backlogBytes, ...(pace && { pace }) };
}

/** Undefined when none has a schedule. */
export function sumPaces(paces: readonly (Pace | undefined)[]): Pace | undefined {
  const known = paces.filter((pace) => pace !== undefined);
  if (known.length === 0) return undefined;
  return {
    begun: known.reduce((sum, { begun }) => sum + begun, 0),
    planned: known.reduce((sum, { planned }) => sum + planned, 0),
  };
}

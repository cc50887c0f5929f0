import { judgeSecond } from '../../run-file/judge-health.js';
import type { HealthRecord } from '../../run-file/records.js';
import { largest } from '../../core/largest.js';
import type { ProcessHealth } from './process-gauges.js';
import type { LoadHealth, ThreadHealth, Pace } from './thread-gauges.js';

/** Composes the health record of one second, with its verdict. */
export function composeHealth(
  second: number,
  measured: ThreadHealth & ProcessHealth,
  { backlogBytes, pace }: LoadHealth,
): HealthRecord {
  return { second, ...measured, backlogBytes, ...pace, verdict: judgeSecond(measured) };
}

/**
 * Merges the health of several threads in the same second: the values of the busiest thread and of
 * the one with the largest lag. A single overloaded thread distorts the measurements of its virtual
 * users, whatever the others do.
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

/** Adds up the load figures of several threads in the same second. */
export function mergeLoadHealth(parts: readonly LoadHealth[]): LoadHealth {
  const backlogBytes = parts.reduce((sum, part) => sum + part.backlogBytes, 0);
  const pace = sumPaces(parts.map((part) => part.pace));
  return { backlogBytes, ...(pace && { pace }) };
}

/** Adds up the paces; undefined if no thread has a schedule. */
export function sumPaces(paces: readonly (Pace | undefined)[]): Pace | undefined {
  const known = paces.filter((pace) => pace !== undefined);
  if (known.length === 0) return undefined;
  return {
    begun: known.reduce((sum, { begun }) => sum + begun, 0),
    planned: known.reduce((sum, { planned }) => sum + planned, 0),
  };
}

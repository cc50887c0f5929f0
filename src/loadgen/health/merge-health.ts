import { largest } from '../../core/largest.js';
import type { ThreadHealth } from './thread-gauges.js';

/**
 * The health of several threads in the same second: that of the busiest and of the latest one, for one thread that is a bottleneck spoils
 * what its virtual users measured, however the others do.
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

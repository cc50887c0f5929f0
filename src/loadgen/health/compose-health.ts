import { judgeSecond } from '../../run-file/judge-health.js';
import type { HealthRecord } from '../../run-file/records.js';
import type { ProcessHealth } from './process-gauges.js';
import type { LoadHealth, ThreadHealth } from './thread-gauges.js';

/** How the generator did in one second, with the verdict on it. */
export function composeHealth(
  second: number,
  measured: ThreadHealth & ProcessHealth,
  { backlogBytes, pace }: LoadHealth,
): HealthRecord {
  return { second, ...measured, backlogBytes, ...pace, verdict: judgeSecond(measured) };
}

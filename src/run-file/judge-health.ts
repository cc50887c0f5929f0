import { largest } from '../core/largest.js';
import type { HealthRecord, HealthVerdict, RunHealth } from './records.js';

/**
 * When the generator was the bottleneck. *saturated*: its event loop had no time left, or actions
 * ran so late that what was measured is the generator's delay and not the target's. *strained*:
 * near to that; figures stand, but look at them with care.
 */
const HEALTH_LIMITS = {
  strainedLoopUse: 0.8,
  saturatedLoopUse: 0.95,
  strainedLagP99Ms: 20,
  saturatedLagP99Ms: 50,
  /**
   * What others took: cores that a hypervisor gave away, and the share of a second in which a
   * container's limit held us.
   */
  strainedStolenCores: 0.1,
  strainedThrottledMs: 100,
  /**
   * The share of a run's seconds from which they condemn the run; fewer are a burst, as at the
   * start and the end.
   */
  saturatedShare: 0.1,
  strainedShare: 0.1,
  /**
   * Connecting and closing are bursts, which in a run of a few seconds are a large share of them:
   * two seconds are always forgiven.
   */
  forgivenSeconds: 2,
  /**
   * Of a shorter run nothing but the bursts would be left, and its last second is the milliseconds
   * that it took to end.
   */
  fewestWholeSeconds: 3,
} as const;

/** What a second's verdict is made of. */
export type SecondSymptoms = Pick<HealthRecord, 'eventLoopUse' | 'scheduleLag' | 'cpuStolen' | 'throttledMs'>;

/** The verdict on one second. */
export function judgeSecond(symptoms: SecondSymptoms): HealthVerdict {
  const { eventLoopUse, scheduleLag } = symptoms;
  if (eventLoopUse > HEALTH_LIMITS.saturatedLoopUse) return 'saturated';
  if (scheduleLag.p99 > HEALTH_LIMITS.saturatedLagP99Ms) return 'saturated';
  if (eventLoopUse > HEALTH_LIMITS.strainedLoopUse || isTakenFrom(symptoms)) return 'strained';
  return scheduleLag.p99 > HEALTH_LIMITS.strainedLagP99Ms ? 'strained' : 'healthy';
}

function isTakenFrom({ cpuStolen = 0, throttledMs = 0 }: SecondSymptoms): boolean {
  return cpuStolen > HEALTH_LIMITS.strainedStolenCores || throttledMs > HEALTH_LIMITS.strainedThrottledMs;
}

/**
 * The verdict on a run, with reasons unless it is healthy. Its last second is cut short by its end.
 */
export function judgeRun(seconds: readonly HealthRecord[]): RunHealth {
  const whole = seconds.length - 1;
  if (whole >= HEALTH_LIMITS.fewestWholeSeconds) return judgeSeconds(seconds);
  const wanted = HEALTH_LIMITS.fewestWholeSeconds;
  const reasons = [`too short to judge: a verdict on the generator wants ${wanted} whole seconds`];
  return { verdict: 'unjudged', reasons, saturatedSeconds: saturatedOf(seconds).map(({ second }) => second) };
}

/** The verdict on some seconds of a run, however few. */
export function judgeSeconds(seconds: readonly HealthRecord[]): RunHealth {
  const saturated = saturatedOf(seconds);
  const unwell = seconds.filter((second) => second.verdict !== 'healthy');
  const saturatedSeconds = saturated.map((second) => second.second);
  if (isTooMany(saturated.length, seconds.length, HEALTH_LIMITS.saturatedShare)) {
    return { verdict: 'saturated', reasons: reasonsOf(saturated, seconds.length, 'saturated'), saturatedSeconds };
  }
  if (isTooMany(unwell.length, seconds.length, HEALTH_LIMITS.strainedShare)) {
    return { verdict: 'strained', reasons: reasonsOf(unwell, seconds.length, 'strained'), saturatedSeconds };
  }
  return { verdict: 'healthy', reasons: [], saturatedSeconds };
}

function saturatedOf(seconds: readonly HealthRecord[]): HealthRecord[] {
  return seconds.filter((second) => second.verdict === 'saturated');
}

function isTooMany(count: number, of: number, share: number): boolean {
  return count > Math.max(HEALTH_LIMITS.forgivenSeconds, of * share);
}

function reasonsOf(seconds: readonly HealthRecord[], of: number, verdict: 'saturated' | 'strained'): string[] {
  const loopLimit = verdict === 'saturated' ? HEALTH_LIMITS.saturatedLoopUse : HEALTH_LIMITS.strainedLoopUse;
  const lagLimit = verdict === 'saturated' ? HEALTH_LIMITS.saturatedLagP99Ms : HEALTH_LIMITS.strainedLagP99Ms;
  const busy = seconds.filter((second) => second.eventLoopUse > loopLimit);
  const late = seconds.filter((second) => second.scheduleLag.p99 > lagLimit);
  const reasons: string[] = [];
  if (busy.length > 0) {
    const most = largest(busy.map((second) => second.eventLoopUse));
    reasons.push(
      `the event loop was busy for more than ${percent(loopLimit)} in ${busy.length} of ${of} seconds (at most ${percent(most)})`,
    );
  }
  if (late.length > 0) {
    const worst = largest(late.map((second) => second.scheduleLag.p99));
    reasons.push(
      `scheduled actions ran more than ${lagLimit} ms late (p99) in ${late.length} of ${of} seconds (at most ${worst.toFixed(0)} ms)`,
    );
  }
  return [...reasons, ...takenReasons(seconds, of)];
}

function takenReasons(seconds: readonly HealthRecord[], of: number): string[] {
  const taken = seconds.filter(isTakenFrom);
  if (taken.length === 0) return [];
  const stolen = largest(taken.map(({ cpuStolen = 0 }) => cpuStolen));
  const throttled = largest(taken.map(({ throttledMs = 0 }) => throttledMs));
  return [
    `others took CPU from the generator in ${taken.length} of ${of} seconds (a hypervisor up to ${stolen.toFixed(2)} cores, ` +
      `a container's limit up to ${throttled.toFixed(0)} ms)`,
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

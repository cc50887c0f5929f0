import { largest } from '../core/largest.js';
import type { HealthRecord, HealthVerdict, RunHealth } from './records.js';

/**
 * Limits for the generator as the bottleneck. *saturated*: its event loop had no time left, or
 * actions ran late enough that the figures measure the generator's delay instead of the target's.
 * *strained*: close to that; the figures are valid, but should be read with care.
 */
const HEALTH_LIMITS = {
  strainedLoopUse: 0.8,
  saturatedLoopUse: 0.95,
  strainedLagP99Ms: 20,
  saturatedLagP99Ms: 50,
  /**
   * CPU taken from the generator: cores that a hypervisor gave to others, and time per second in
   * which a container limit throttled it.
   */
  strainedStolenCores: 0.1,
  strainedThrottledMs: 100,
  /**
   * The share of seconds above which the whole run is saturated or strained; fewer are a burst,
   * such as at the start and the end.
   */
  saturatedShare: 0.1,
  strainedShare: 0.1,
  /**
   * Connecting and closing are bursts, which are a large share of a run of a few seconds. Two such
   * seconds are always ignored.
   */
  forgivenSeconds: 2,
  /** A shorter run consists of these bursts alone, and its last second is incomplete. */
  fewestWholeSeconds: 3,
} as const;

/** The figures that determine the verdict on a second. */
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
 * The verdict on a run, with reasons unless it is healthy. The last second of a run is incomplete.
 */
export function judgeRun(seconds: readonly HealthRecord[]): RunHealth {
  const whole = seconds.length - 1;
  if (whole >= HEALTH_LIMITS.fewestWholeSeconds) return judgeSeconds(seconds);
  const wanted = HEALTH_LIMITS.fewestWholeSeconds;
  const reasons = [`too short to judge: a verdict on the generator needs ${wanted} whole seconds`];
  return { verdict: 'unjudged', reasons, saturatedSeconds: saturatedOf(seconds).map(({ second }) => second) };
}

/** The verdict on some seconds of a run, regardless of their number. */
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
    `CPU was taken from the generator in ${taken.length} of ${of} seconds (by a hypervisor up to ${stolen.toFixed(2)} cores, ` +
      `by a container limit up to ${throttled.toFixed(0)} ms)`,
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

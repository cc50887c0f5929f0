import { judgeRun } from './judge-health.js';
import type {
  CheckFigures,
  GatewayRecord,
  GatewayTotals,
  GaugeFigures,
  HealthRecord,
  RateFigures,
  SecondRecord,
  TrendFigures,
} from './records.js';
import type { EndPayload } from './record-schemas.js';

/** The end record of a run that has none: the sum of its seconds. What was under way when it was cut counts as nothing. */
export function sumSeconds(
  seconds: readonly SecondRecord[],
  health: readonly HealthRecord[],
  gateway: readonly GatewayRecord[],
): EndPayload {
  const lastSecond = seconds.at(-1);
  const counters = sumByName(
    seconds.map((second) => second.counters),
    (left, right) => left + right,
  );
  return {
    reason: 'failed',
    detail: `the run file was cut after ${seconds.length} s: the totals are the sum of the seconds before`,
    totals: {
      durationMs: lastSecond?.elapsedMs ?? 0,
      counters,
      gauges: sumByName(
        seconds.map((second) => second.gauges),
        addGauges,
      ),
      rates: sumByName(
        seconds.map((second) => second.rates),
        addRates,
      ),
      trends: sumByName(
        seconds.map((second) => second.trends),
        addTrends,
      ),
      checks: sumChecks(seconds),
      iterations: { complete: counters.iterations ?? 0, interrupted: 0 },
    },
    health: judgeRun(health),
    ...(gateway.length > 0 ? { gateway: sumGateway(gateway) } : {}),
  };
}

function sumByName<T>(parts: readonly Readonly<Record<string, T>>[], add: (left: T, right: T) => T): Record<string, T> {
  const sums = new Map<string, T>();
  for (const part of parts) {
    for (const [name, value] of Object.entries(part)) {
      const sum = sums.get(name);
      sums.set(name, sum === undefined ? value : add(sum, value));
    }
  }
  return Object.fromEntries(sums);
}

function addGauges(left: GaugeFigures, right: GaugeFigures): GaugeFigures {
  return { value: right.value, min: Math.min(left.min, right.min), max: Math.max(left.max, right.max) };
}

function addRates(left: RateFigures, right: RateFigures): RateFigures {
  return { passes: left.passes + right.passes, fails: left.fails + right.fails };
}

function addTrends(left: TrendFigures, right: TrendFigures): TrendFigures {
  if (left.count === 0) return right;
  if (right.count === 0) return left;
  return {
    count: left.count + right.count,
    min: Math.min(left.min, right.min),
    max: Math.max(left.max, right.max),
    sum: left.sum + right.sum,
  };
}

function sumChecks(seconds: readonly SecondRecord[]): CheckFigures[] {
  const byPath = sumByName(
    seconds.map(({ checks }) => Object.fromEntries(checks.map((check) => [`${check.group}::${check.name}`, check]))),
    (left, right) => ({ ...left, ...addRates(left, right) }),
  );
  return Object.values(byPath);
}

function sumGateway(gateway: readonly GatewayRecord[]): GatewayTotals {
  let sent = 0;
  let received = 0;
  let dropped = 0;
  for (const record of gateway) {
    sent += record.sent;
    received += record.received;
    dropped += record.dropped;
  }
  return { sent, received, dropped };
}

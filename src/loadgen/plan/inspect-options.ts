import { isRecord } from '../../core/is-record.js';
import { formatGoDuration } from '../../core/duration.js';
import { DEFAULT_TREND_STATS } from '../../summary/k6/trend-stats.js';
import { EXECUTORS } from '../executor/index.js';
import { DEFAULT_SYSTEM_TAGS } from '../metric/system-tags.js';
import { maxPlanMs, maxPlanVus, type Plan } from './plan.js';
import { viewOptions } from './view-options.js';

/** The options that `k6 inspect` prints, in its order. */
const OPTIONS = (
  'paused vus duration iterations stages scenarios executionSegment executionSegmentSequence noSetup setupTimeout noTeardown teardownTimeout ' +
  'rps dns maxRedirects userAgent batch batchPerHost httpDebug insecureSkipTLSVerify tlsCipherSuites tlsVersion tlsAuth throw thresholds ' +
  'blacklistIPs blockHostnames hosts noConnectionReuse noVUConnectionReuse minIterationDuration ext summaryTrendStats summaryTimeUnit ' +
  'systemTags tags metricSamplesBufferSize noCookiesReset discardResponseBodies'
).split(' ');
const OF_SCENARIO = ['executor', 'startTime', 'gracefulStop', 'env', 'exec', 'tags'];

/**
 * The `options` that a script exports, in the form of `k6 inspect`: options that it does not set
 * are null. With a plan also the fields of `--execution-requirements`: the resulting scenarios,
 * their maximum duration and the virtual users that they need.
 */
export function inspectOptions(own: unknown, plan?: Plan): Readonly<Record<string, unknown>> {
  const given = isRecord(own) ? own : {};
  const { scenarios } = given;
  const options = {
    ...fill(given, OPTIONS),
    scenarios: isRecord(scenarios) ? mapValues(scenarios, fillScenario) : null,
    dns: fill(isRecord(given['dns']) ? given['dns'] : {}, ['ttl', 'select', 'policy']),
  };
  if (plan === undefined) return options;
  return {
    ...options,
    scenarios: options.scenarios ?? viewOptions(plan, own)['scenarios'],
    summaryTrendStats: given['summaryTrendStats'] ?? DEFAULT_TREND_STATS.split(','),
    systemTags: given['systemTags'] ?? DEFAULT_SYSTEM_TAGS.toSorted(),
    totalDuration: formatGoDuration(maxPlanMs(plan)),
    maxVUs: maxPlanVus(plan),
  };
}

function fillScenario(scenario: unknown): unknown {
  if (!isRecord(scenario)) return scenario;
  const more = EXECUTORS.find(String(scenario['executor']))?.keys ?? [];
  return { ...fill(scenario, [...OF_SCENARIO, ...more]), ...scenario };
}

/** The values of these names, null where there is none. */
function fill(record: Readonly<Record<string, unknown>>, names: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(names.map((name) => [name, record[name] ?? null]));
}

function mapValues(
  record: Readonly<Record<string, unknown>>,
  map: (value: unknown) => unknown,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

import { formatGoDuration } from '../../core/duration.js';
import { DEFAULT_DNS } from '../client/read-network.js';
import { OPTION_CATALOGUE } from '../options/index.js';
import { isRecord } from '../../core/is-record.js';
import type { Plan } from './plan.js';
import { executorOf } from '../executor/index.js';
import type { ScenarioPlan } from '../executor/scenario-plan.js';

/**
 * The options of a run in the form that k6's scripts have: the script's own, overridden by those of
 * the plan, which merges script, flags, environment and file. Options that were not set are null,
 * as in k6.
 */
export function viewOptions(plan: Plan, own: unknown): Readonly<Record<string, unknown>> {
  const names = OPTION_CATALOGUE.all
    .filter(({ isTyped, isOwn }) => isTyped !== true && isOwn !== true)
    .map(({ name }) => name);
  const unset = Object.fromEntries(names.map((name) => [name, null]));
  const thresholds = viewThresholds(plan);
  return {
    ...unset,
    ...(isRecord(own) ? own : {}),
    ...viewRuntime(plan),
    scenarios: Object.fromEntries(plan.scenarios.map((scenario) => [scenario.name, viewScenario(scenario)])),
    thresholds: Object.keys(thresholds).length > 0 ? thresholds : null,
    tags: Object.keys(plan.tags).length > 0 ? plan.tags : null,
    summaryTrendStats: plan.summary.trendStats ?? null,
    summaryTimeUnit: plan.summary.timeUnit ?? null,
    minIterationDuration: plan.minIterationMs > 0 ? formatGoDuration(plan.minIterationMs) : null,
  };
}

function viewRuntime({ runtime }: Plan): Readonly<Record<string, unknown>> {
  return {
    setupTimeout: formatGoDuration(runtime.setupTimeoutMs),
    teardownTimeout: formatGoDuration(runtime.teardownTimeoutMs),
    noSetup: runtime.noSetup,
    noTeardown: runtime.noTeardown,
    throw: runtime.throwsOnFailure,
    discardResponseBodies: runtime.discardResponseBodies,
    noCookiesReset: runtime.noCookiesReset,
    noConnectionReuse: runtime.noConnectionReuse,
    noVUConnectionReuse: runtime.noVuConnectionReuse,
    ...(runtime.rps !== undefined && { rps: runtime.rps }),
    ...(runtime.httpDebug !== undefined && { httpDebug: runtime.httpDebug }),
    insecureSkipTLSVerify: runtime.insecureSkipTlsVerify,
    maxRedirects: runtime.maxRedirects,
    batch: runtime.batch,
    batchPerHost: runtime.batchPerHost,
    ...viewNetwork(runtime),
    ...(runtime.userAgent !== undefined && { userAgent: runtime.userAgent }),
    ...(runtime.systemTags !== undefined && { systemTags: runtime.systemTags }),
  };
}

/** Network options that differ from their defaults. */
function viewNetwork({ hosts, blockHostnames, blockedNetworks, localAddresses, dns }: Plan['runtime']): object {
  return {
    ...(Object.keys(hosts).length > 0 && { hosts }),
    ...(blockHostnames.length > 0 && { blockHostnames }),
    ...(blockedNetworks.length > 0 && { blacklistIPs: blockedNetworks }),
    ...(localAddresses.length > 0 && { localIPs: localAddresses.join(',') }),
    ...(dns !== DEFAULT_DNS && {
      dns: {
        ttl: dns.ttlMs === Infinity ? 'inf' : formatGoDuration(dns.ttlMs),
        select: dns.select,
        policy: dns.policy,
      },
    }),
  };
}

function viewThresholds({ thresholds }: Plan): Readonly<Record<string, unknown>> {
  const bySeries: Record<string, unknown[]> = {};
  for (const { series, expression, abortOnFail, delayAbortMs } of thresholds) {
    const isPlain = !abortOnFail && delayAbortMs === 0;
    const delay = delayAbortMs > 0 ? { delayAbortEval: formatGoDuration(delayAbortMs) } : {};
    (bySeries[series] ??= []).push(isPlain ? expression : { threshold: expression, abortOnFail, ...delay });
  }
  return bySeries;
}

/** One scenario with all its settings, durations as texts. */
function viewScenario(scenario: ScenarioPlan): Readonly<Record<string, unknown>> {
  const { executor, exec, env, tags, startTimeMs, gracefulStopMs } = scenario;
  return {
    executor,
    startTime: formatGoDuration(startTimeMs),
    gracefulStop: formatGoDuration(gracefulStopMs),
    exec,
    env,
    tags,
    ...executorOf(scenario).view(scenario),
  };
}

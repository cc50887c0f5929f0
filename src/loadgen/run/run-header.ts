import { isRecord } from '../../core/is-record.js';
import { createHash } from 'node:crypto';
import { RUN_FORMAT } from '../../run-file/record-line.js';
import type { Calibration, MetricDefinition, RunHeader } from '../../run-file/records.js';
import { describeMachine } from '../health/machine-times.js';
import { BUILT_IN_METRICS } from '../metric/built-in-metrics.js';
import { builtInOf, metricsOf } from '../scenario/index.js';
import { countThreads } from '../plan/count-threads.js';
import type { Target } from '../client/dial-plan.js';
import { describePlan } from '../plan/describe-plan.js';
import { planTarget, type Plan } from '../plan/plan.js';
import { localVus } from '../plan/local-scenarios.js';
import { startingTimeMs } from '../executor/index.js';
import { createRequire } from 'node:module';
import { z } from 'zod';

/** Data of a run's header in addition to the plan. */
export interface RunOrigin {
  /** Version of wsg. */
  readonly version: string;
  /** Unix milliseconds. */
  readonly startedAtMs: number;
  /** Definitions of the metrics, including a script's own; the built-in ones by default. */
  readonly metrics?: readonly MetricDefinition[];
  readonly scriptHash?: string;
  /** Labels of the tested build. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Calibration of this machine, if there is one. */
  readonly calibration?: Calibration;
}

/** Creates the first record of a run. */
export function createRunHeader(
  plan: Plan,
  { version, startedAtMs, metrics, scriptHash, labels = {}, calibration }: RunOrigin,
): RunHeader {
  const target = planTarget(plan);
  const recorded = recordedPlan(plan);
  return {
    format: `${RUN_FORMAT.major}.${RUN_FORMAT.minor}`,
    startedAt: new Date(startedAtMs).toISOString(),
    scenario: plan.behaviour.name,
    plan: recorded,
    ...(scriptHash !== undefined && { scriptHash }),
    planHash: createHash('sha256').update(canonicalJson(recorded)).digest('hex'),
    ...partOfPlan(plan),
    ...(target !== undefined && { target: allTargets(plan, target) }),
    vus: localVus(plan),
    durationMs: Math.max(...plan.scenarios.map((scenario) => scenario.startTimeMs + startingTimeMs(scenario))),
    description: describePlan(plan).scenarios,
    seed: plan.seed,
    warmupMs: 0,
    compression: plan.behaviour.type === 'built-in' && plan.behaviour.dial.offersDeflate,
    tls: target?.normalised.startsWith('wss:') ?? false,
    threads: countThreads(plan),
    machine: describeMachine(),
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(calibration !== undefined && { calibration }),
    node: process.version,
    version,
    client: clientVersion(),
    metrics: metrics ?? builtInMetrics(plan),
  };
}

/** The part of the plan that runs here; nothing for a whole plan. */
function partOfPlan({ segment, shard, ...whole }: Plan): Pick<RunHeader, 'segment' | 'shard'> {
  return {
    ...(segment !== undefined && { segment: { ...segment, description: describePlan(whole).scenarios } }),
    ...(shard !== undefined && { shard }),
  };
}

function builtInMetrics({ behaviour }: Plan): readonly MetricDefinition[] {
  return behaviour.type === 'built-in' ? metricsOf(behaviour) : BUILT_IN_METRICS;
}

/**
 * The whole plan, also where a part of it runs, so that parts of one plan have the same hash.
 * Removes secrets, because run files are shared: only the names of scripts' environment variables
 * and of headers are kept.
 */
function recordedPlan(plan: Plan): Readonly<Record<string, unknown>> {
  const { threads: _threads, seed: _seed, segment: _segment, shard: _shard, ...rest } = plan;
  const behaviour = recordedBehaviour(plan.behaviour);
  return {
    ...rest,
    behaviour,
    scenarios: plan.scenarios.map((scenario) => ({ ...scenario, env: Object.keys(scenario.env) })),
  };
}

function recordedBehaviour(behaviour: Plan['behaviour']): Readonly<Record<string, unknown>> {
  if (behaviour.type === 'script') return behaviour;
  const dial = { ...behaviour.dial, headers: behaviour.dial.headers.map(([name]) => name) };
  return { ...(builtInOf(behaviour).record?.(behaviour) ?? behaviour), dial };
}

/** Joins several targets in one text, separated by spaces. */
function allTargets({ behaviour }: Plan, first: Target): Target {
  if (behaviour.type === 'script') return first;
  const { targets } = behaviour.dial;
  return {
    given: targets.map(({ given }) => given).join(' '),
    normalised: targets.map(({ normalised }) => normalised).join(' '),
  };
}

/** Returns JSON with sorted keys, so that equal plans have equal texts. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isRecord(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : part,
  );
}

/** The WebSocket client library as the run file names it: `ws 8.23.0`. */
export function clientVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('ws/package.json');
  return `ws ${z.object({ version: z.string() }).parse(manifest).version}`;
}

import { randomInt } from 'node:crypto';
import { errorMessage, WsgError } from '../../core/error.js';
import { defaultThreads } from './count-threads.js';
import { OPTIONS, type LoadFlags } from '../options/index.js';
import { OptionValues } from '../options/option-values.js';
import { environmentLayers, flagLayer, judgeFates, mergeLayers, objectLayer } from '../options/option-layers.js';
import { OptionReader } from '../options/option-reader.js';
import { trendStatProblems } from '../../summary/k6/trend-stats.js';
import { hostOverride } from '../client/host-rules.js';
import type { Target } from '../client/dial-plan.js';
import type { Behaviour, Plan, PlannedSummary } from './plan.js';
import { readDial } from '../client/read-dial.js';
import { readRuntimeOptions, type RuntimeOptions } from '../client/read-network.js';
import { metricsOf, readBuiltIn, refuseBuiltInOptions } from '../scenario/index.js';
import { fitLoad, readLoad } from './read-load.js';
import { readPlanPart } from './read-segment.js';
import { metricProblems, readSubmetrics, readThresholds } from './read-thresholds.js';

const DEFAULT_GRACEFUL_STOP_MS = 30_000;
/** The upper bound of a seed that is drawn; any integer may be given. */
const MOST_SEED = 2 ** 31;
const TIME_UNITS = ['s', 'ms', 'us'] as const;

/** The parts of a script that a plan depends on. */
export interface ScriptOptions {
  /** As it was typed: a path, or `-`. */
  readonly name: string;
  /** Its exported `options` as plain JSON; undefined when it exports none. */
  readonly options: unknown;
  /** The functions that it exports. */
  readonly exports: readonly string[];
}

/** Every origin of load options. */
export interface LoadSources {
  /** By the names of their options. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<NodeJS.ProcessEnv>;
  readonly script?: ScriptOptions;
  /** The content of the file of `--config`, and its path for messages. */
  readonly config?: { readonly path: string; readonly options: unknown };
}

/** A plan, and warnings about its options: one sentence each. */
export interface PlannedLoad {
  readonly plan: Plan;
  readonly warnings: readonly string[];
}

/**
 * Makes a plan by k6's rules: flags before `WSG_<KEY>`, that before `K6_<KEY>`, before the script's
 * options, before those of the file, before the defaults. Throws `options.invalid` with all
 * problems, each with its path. Thresholds on a script's own metrics are checked later, by
 * `metricProblems`, when these are known.
 */
export function planLoad(sources: LoadSources): PlannedLoad {
  const read = readLoadOptions(sources);
  if ('value' in read) return read.value;
  throw new WsgError('options.invalid', 'The load options are invalid.', {
    problems: read.problems,
    hint: 'Run `wsg loadtest --help` for the options and their forms.',
  });
}

/** The same, with the problems returned and not thrown. */
export function readLoadOptions({
  flags,
  environment = {},
  script,
  config,
}: LoadSources): { readonly value: PlannedLoad } | { readonly problems: readonly string[] } {
  const reader = new OptionReader();
  const layers = [
    flagLayer({ ...flags }),
    ...environmentLayers(environment),
    objectLayer(script?.options, { path: 'options', origin: '' }, reader),
    objectLayer(config?.options, { path: 'config', origin: ` (${config?.path})` }, reader),
  ];
  const options = mergeLayers(layers, reader);
  judgeFates(options, script !== undefined, reader);
  const plan = readPlan(new OptionValues(options, reader), script, environment);
  if (reader.problems.length > 0) return { problems: reader.problems };
  return { value: { plan, warnings: reader.warnings } };
}

/** The plan of flags and environment alone. Throws as `planLoad` does. */
export function parseLoadOptions(flags: LoadFlags, environment: Readonly<NodeJS.ProcessEnv> = {}): Plan {
  return planLoad({ flags, environment }).plan;
}

function readPlan(
  options: OptionValues,
  script: ScriptOptions | undefined,
  environment: Readonly<NodeJS.ProcessEnv>,
): Plan {
  const runtime = readRuntimeOptions(options);
  const behaviour = readBehaviour(options, runtime, script);
  const seed = options.value(OPTIONS.seed, randomInt(1, MOST_SEED));
  const gracefulStopMs = options.value(OPTIONS.gracefulStop, DEFAULT_GRACEFUL_STOP_MS);
  const defaults = { gracefulStopMs, exports: script?.exports, isScript: script !== undefined };
  const load = fitLoad(behaviour, readLoad(options, defaults), options.reader);
  const part = readPlanPart(options, load.scenarios, environment);
  const thresholds = readThresholds(options);
  checkTargets(behaviour, options, runtime);
  const submetrics = readSubmetrics(options, thresholds);
  if (behaviour.type === 'built-in') {
    options.reader.problems.push(...metricProblems({ thresholds, submetrics }, metricsOf(behaviour)));
  }
  return {
    behaviour,
    ...load,
    ...part,
    seed,
    tags: options.value(OPTIONS.tags, {}),
    thresholds,
    submetrics,
    minIterationMs: options.value(OPTIONS.minIterationDuration, 0),
    threads: options.value(OPTIONS.threads, defaultThreads()),
    runtime,
    summary: readSummary(options),
  };
}

function readBehaviour(options: OptionValues, runtime: RuntimeOptions, script: ScriptOptions | undefined): Behaviour {
  if (script !== undefined) {
    refuseBuiltInOptions(options);
    return { type: 'script', name: script.name };
  }
  const dial = readDial(options, runtime);
  const [target] = dial.targets;
  if (target === undefined) throw new Error('a dial plan has a target');
  return { type: 'built-in', target, dial, ...readBuiltIn(options, { publishUrl: publishUrlOf(target) }) };
}

/** Complains about targets that the options forbid. */
function checkTargets(behaviour: Behaviour, options: OptionValues, runtime: RuntimeOptions): void {
  if (behaviour.type === 'script') return;
  for (const { normalised } of behaviour.dial.targets) {
    if (!URL.canParse(normalised)) continue;
    try {
      hostOverride(new URL(normalised), runtime);
    } catch (error) {
      options.complain(OPTIONS.url, errorMessage(error));
    }
  }
}

/** URL where a gateway at the target takes messages for all connections. */
function publishUrlOf({ normalised }: Target): string {
  return URL.canParse(normalised) ? new URL('/send?all=true', normalised).href.replace(/^ws/, 'http') : '';
}

function readSummary(options: OptionValues): PlannedSummary {
  const trendStats = options.value(OPTIONS.summaryTrendStats);
  if (options.has(OPTIONS.summaryTrendStats)) {
    for (const problem of trendStatProblems(trendStats ?? [])) options.complain(OPTIONS.summaryTrendStats, problem);
  }
  const text = options.value(OPTIONS.summaryTimeUnit);
  const timeUnit = TIME_UNITS.find((name) => name === text);
  if (text !== undefined && text !== '' && timeUnit === undefined) {
    options.complain(OPTIONS.summaryTimeUnit, `'${text}' must be one of ${TIME_UNITS.join(', ')}`);
  }
  return { ...(trendStats !== undefined && { trendStats }), ...(timeUnit !== undefined && { timeUnit }) };
}

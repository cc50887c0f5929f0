import { randomInt } from 'node:crypto';
import { errorMessage, WsgError } from '../../core/error.js';
import { metricsOf } from '../scenario/scenario-metrics.js';
import { shareOf } from '../pacing/shard.js';
import { createStripe } from '../pacing/stripe.js';
import { parseExecutionSegment, type ExecutionSegment } from './execution-segment.js';
import { defaultThreads } from './count-threads.js';
import { fitLoad } from './fit-load.js';
import type { LoadFlags } from '../options/load-flags.js';
import {
  environmentLayers,
  flagLayer,
  judgeFates,
  mergeLayers,
  objectLayer,
  type Layer,
} from '../options/option-layers.js';
import { OptionReader } from '../options/option-reader.js';
import { trendStatProblems } from '../../summary/k6/trend-stats.js';
import { hostOverride } from '../client/host-rules.js';
import type { Target } from '../client/dial-plan.js';
import type { Behaviour, Plan, SummaryWishes } from './plan.js';
import { readDial } from '../client/read-dial.js';
import { readRuntimeOptions, type RuntimeOptions } from '../client/read-network.js';
import { readBuiltIn, refuseBuiltInOptions } from '../scenario/read-built-in.js';
import { readLoad } from './read-load.js';
import { metricProblems, readSubmetrics, readThresholds } from './read-thresholds.js';
import { executorOf, maxScenarioVus } from '../executor/index.js';
import type { ScenarioPlan } from '../executor/scenario-plan.js';

const DEFAULT_GRACEFUL_STOP_MS = 30_000;
/** One that is drawn; any whole number may be given. */
const MOST_SEED = 2 ** 31;
const TIME_UNITS = ['s', 'ms', 'us'] as const;

/** A script as far as a plan has to know it. */
export interface ScriptOptions {
  /** As it was typed: a path, or `-`. */
  readonly name: string;
  /** What it exports as `options`, as JSON has it; undefined for nothing. */
  readonly options: unknown;
  /** The functions that it exports. */
  readonly exports: readonly string[];
}

/** All that may say something of a load. */
export interface LoadSources {
  readonly flags: LoadFlags;
  readonly environment?: Readonly<NodeJS.ProcessEnv>;
  readonly script?: ScriptOptions;
  /** What the file of `--config` holds, and its path for messages. */
  readonly config?: { readonly path: string; readonly options: unknown };
}

/** A plan, and what has to be said of its options: one sentence each. */
export interface PlannedLoad {
  readonly plan: Plan;
  readonly warnings: readonly string[];
}

/**
 * Makes a plan by k6's rules: flags before `WSG_<KEY>`, that before `K6_<KEY>`, before the script's
 * options, before those of the file, before the defaults. Throws `options.invalid` with all
 * problems at once, each beginning with its path. Thresholds of a script's metrics are not compared
 * with these: `metricProblems` does once they are known.
 */
export function planLoad({ flags, environment = {}, script, config }: LoadSources): PlannedLoad {
  const reader = new OptionReader();
  const layers = [
    flagLayer({ ...flags }),
    ...environmentLayers(environment),
    objectLayer(script?.options, { path: 'options', origin: '' }, reader),
    objectLayer(config?.options, { path: 'config', origin: ` (${config?.path})` }, reader),
  ];
  const options = mergeLayers(layers, reader);
  judgeFates(options, script !== undefined, reader);
  const plan = readPlan(options, script, reader);
  if (reader.problems.length > 0) {
    throw new WsgError('options.invalid', 'The load options are invalid.', {
      problems: reader.problems,
      hint: 'Run `wsg loadtest --help` for the options and their forms.',
    });
  }
  return { plan, warnings: reader.warnings };
}

/** The plan of flags and environment alone. Throws as `planLoad` does. */
export function parseLoadOptions(flags: LoadFlags, environment: Readonly<NodeJS.ProcessEnv> = {}): Plan {
  return planLoad({ flags, environment }).plan;
}

function readPlan(options: Layer, script: ScriptOptions | undefined, reader: OptionReader): Plan {
  const behaviour = readBehaviour(options, script, reader);
  const seed = reader.integer(options.get('seed'), { least: 0, otherwise: randomInt(1, MOST_SEED) });
  const rule = { leastMs: 0, otherwise: DEFAULT_GRACEFUL_STOP_MS };
  const gracefulStopMs = reader.duration(options.get('gracefulStop'), rule);
  const defaults = { gracefulStopMs, exports: script?.exports, isScript: script !== undefined };
  const load = fitLoad(behaviour, readLoad(options, defaults, reader), reader);
  const segment = readSegment(options, load.scenarios, reader);
  const thresholds = readThresholds(options, reader);
  const runtime = readRuntimeOptions(options, reader);
  checkTargets(behaviour, options, runtime, reader);
  const submetrics = readSubmetrics(options, thresholds, reader);
  if (behaviour.type === 'built-in') {
    reader.problems.push(...metricProblems({ thresholds, submetrics }, metricsOf(behaviour)));
  }
  return {
    behaviour,
    ...load,
    ...(segment !== undefined && { segment }),
    seed,
    tags: reader.textMap(options.get('tags')),
    thresholds,
    submetrics,
    minIterationMs: reader.duration(options.get('minIterationDuration'), { leastMs: 0, otherwise: 0 }),
    threads: reader.integer(options.get('threads'), { least: 1, otherwise: defaultThreads() }),
    runtime,
    summary: readSummaryWishes(options, reader),
  };
}

function readBehaviour(options: Layer, script: ScriptOptions | undefined, reader: OptionReader): Behaviour {
  if (script !== undefined) {
    refuseBuiltInOptions(options, reader);
    return { type: 'script', name: script.name };
  }
  const dial = readDial(options, reader);
  const [target] = dial.targets;
  if (target === undefined) throw new Error('a dial plan has a target');
  return { type: 'built-in', target, dial, ...readBuiltIn(options, { publishUrl: publishUrlOf(target) }, reader) };
}

/** Complains of targets that the options forbid. */
function checkTargets(behaviour: Behaviour, options: Layer, runtime: RuntimeOptions, reader: OptionReader): void {
  if (behaviour.type === 'script') return;
  for (const { normalised } of behaviour.dial.targets) {
    if (!URL.canParse(normalised)) continue;
    try {
      hostOverride(new URL(normalised), runtime);
    } catch (error) {
      reader.complain(options.get('url') ?? { path: 'url', origin: '' }, errorMessage(error));
    }
  }
}

/** Where a gateway that listens at the target takes messages for all. */
function publishUrlOf({ normalised }: Target): string {
  return URL.canParse(normalised) ? new URL('/send?all=true', normalised).href.replace(/^ws/, 'http') : '';
}

function readSegment(
  options: Layer,
  scenarios: readonly ScenarioPlan[],
  reader: OptionReader,
): ExecutionSegment | undefined {
  const setting = options.get('executionSegment');
  const sequence = reader.text(options.get('executionSegmentSequence'));
  const text = reader.text(setting);
  if (text === undefined || setting === undefined) return undefined;
  const segment = parseExecutionSegment(text, sequence);
  if (segment === undefined) return undefined;
  if ('problem' in segment) {
    reader.complain(setting, segment.problem);
    return undefined;
  }
  const part = { index: 0, count: 1, stripe: createStripe(segment) };
  for (const scenario of scenarios) {
    const vus = maxScenarioVus(scenario);
    if (executorOf(scenario).model === 'closed' || shareOf(vus, part) > 0) continue;
    const place = { path: `scenarios.${scenario.name}.maxVUs`, origin: '' };
    reader.complain(place, `the segment ${text} gets none of ${vus} VUs, so its iterations would be dropped`);
  }
  return segment;
}

function readSummaryWishes(options: Layer, reader: OptionReader): SummaryWishes {
  const stats = options.get('summaryTrendStats');
  const trendStats = reader.texts(stats);
  if (stats !== undefined) for (const problem of trendStatProblems(trendStats ?? [])) reader.complain(stats, problem);
  const unit = options.get('summaryTimeUnit');
  const text = reader.text(unit);
  const timeUnit = TIME_UNITS.find((name) => name === text);
  if (unit !== undefined && text !== undefined && text !== '' && timeUnit === undefined) {
    reader.complain(unit, `'${text}' is none of ${TIME_UNITS.join(', ')}`);
  }
  return { ...(trendStats !== undefined && { trendStats }), ...(timeUnit !== undefined && { timeUnit }) };
}

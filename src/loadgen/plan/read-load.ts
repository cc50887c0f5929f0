import { executorOf } from '../executor/index.js';
import { OPTIONS } from '../options/index.js';
import type { OptionValues } from '../options/option-values.js';
import type { OptionReader, Setting } from '../options/option-reader.js';
import { readScenarios, type ScenarioDefaults } from '../executor/read-scenarios.js';
import type { ScenarioBase, ScenarioPlan } from '../executor/scenario-plan.js';
import {
  DEFAULT_MAX_DURATION_MS,
  DEFAULT_RAMP_DOWN_MS,
  MIN_DURATION_MS,
  readStages,
} from '../executor/scenario-settings.js';
import { tooFewIterations, type SharedIterationsPlan } from '../executor/shared-iterations.js';
import type { ConstantVusPlan } from '../executor/constant-vus.js';
import type { PerVuIterationsPlan } from '../executor/per-vu-iterations.js';
import type { RampingVusPlan } from '../executor/ramping-vus.js';
import { builtInOf } from '../scenario/index.js';
import type { Behaviour } from './plan.js';

const DEFAULT_VUS = 100;
const DEFAULT_DURATION_MS = 30_000;

const CONFLICTS = [
  [OPTIONS.iterations, OPTIONS.stages],
  [OPTIONS.iterations, OPTIONS.scenarios],
  [OPTIONS.duration, OPTIONS.stages],
  [OPTIONS.duration, OPTIONS.scenarios],
  [OPTIONS.stages, OPTIONS.scenarios],
] as const;

/** The scenarios that follow from the merged options, by k6's rules for its shortcuts. */
export interface LoadPlan {
  readonly scenarios: readonly ScenarioPlan[];
  readonly isDefaultLoad: boolean;
}

interface Reading {
  readonly options: OptionValues;
  readonly reader: OptionReader;
  readonly base: ScenarioBase;
}

/**
 * Reads the load. `iterations` becomes shared-iterations with the duration as its limit, `duration`
 * constant-vus, `stages` ramping-vus, and `scenarios` stand for themselves. `vus` alone share one
 * iteration each in a built-in scenario, and have no effect on a script. With none of them a script
 * runs 1 iteration of 1 VU, and a built-in scenario the default load.
 */
export function readLoad(options: OptionValues, defaults: ScenarioDefaults & { isScript: boolean }): LoadPlan {
  const { reader } = options;
  checkConflicts(options);
  checkUnused(options, defaults);
  const { gracefulStopMs, exports, isScript } = defaults;
  const base = { name: 'default', startTimeMs: 0, gracefulStopMs, exec: 'default', env: {}, tags: {} };
  const reading = { options, reader, base };
  const scenarios = options.setting(OPTIONS.scenarios);
  const hasShortcut = [OPTIONS.iterations, OPTIONS.duration, OPTIONS.stages].some((entry) => options.has(entry));
  if (scenarios !== undefined && !hasShortcut) {
    const plans = readScenarios(scenarios, defaults, reader);
    warnOfVus(options.setting(OPTIONS.vus), reader);
    if (plans.length > 0 || reader.problems.length > 0) return { scenarios: plans, isDefaultLoad: false };
    reader.warn(scenarios, 'there is none: 1 iteration of 1 VU runs instead');
  }
  if (exports?.includes('default') === false)
    reader.complain({ path: 'exec', origin: '' }, "function 'default' not found in exports");
  const shortcut = readShortcut(reading, isScript);
  if (shortcut !== undefined) return { scenarios: [shortcut], isDefaultLoad: false };
  if (isScript || scenarios !== undefined) {
    const once = { vus: 1, iterations: 1, maxDurationMs: DEFAULT_MAX_DURATION_MS };
    const scenario: PerVuIterationsPlan = { ...base, executor: 'per-vu-iterations', ...once };
    return { scenarios: [scenario], isDefaultLoad: false };
  }
  const load = { vus: DEFAULT_VUS, durationMs: DEFAULT_DURATION_MS };
  const scenario: ConstantVusPlan = { ...base, executor: 'constant-vus', ...load };
  return { scenarios: [scenario], isDefaultLoad: true };
}

function checkConflicts(options: OptionValues): void {
  for (const [one, other] of CONFLICTS) {
    if (!options.has(one) || !options.has(other) || isEmptyList(options.setting(other))) continue;
    options.complain(one, `using '${one.name}' and '${other.name}' simultaneously is not allowed`);
  }
}

/** Reports the problems of options that a conflict with stronger ones leaves unused. */
function checkUnused(options: OptionValues, defaults: ScenarioDefaults): void {
  const { reader } = options;
  const stages = options.setting(OPTIONS.stages);
  const scenarios = options.setting(OPTIONS.scenarios);
  const isShortened = options.has(OPTIONS.iterations) || options.has(OPTIONS.duration);
  if (isShortened && stages !== undefined && !isEmptyList(stages)) readStages(stages, reader);
  if (scenarios !== undefined && (isShortened || stages !== undefined)) readScenarios(scenarios, defaults, reader);
}

function warnOfVus(vus: Setting | undefined, reader: OptionReader): void {
  if (vus !== undefined) reader.warn(vus, 'it has no effect: each of the scenarios has its own');
}

function readShortcut(reading: Reading, isScript: boolean): ScenarioPlan | undefined {
  const { options, reader } = reading;
  const stages = options.setting(OPTIONS.stages);
  if (options.has(OPTIONS.iterations)) return readIterations(reading);
  if (options.has(OPTIONS.duration)) {
    const durationMs = reader.duration(options.value(OPTIONS.duration), { leastMs: MIN_DURATION_MS, otherwise: 0 });
    const plan: ConstantVusPlan = { ...reading.base, executor: 'constant-vus', vus: readVus(reading), durationMs };
    return plan;
  }
  if (stages !== undefined && !isEmptyList(stages)) return readRamp(stages, reading);
  if (stages !== undefined) reader.warn(stages, 'there is none: 1 iteration of 1 VU runs instead');
  const vus = options.setting(OPTIONS.vus);
  if (vus === undefined || options.has(OPTIONS.scenarios)) return undefined;
  if (!isScript) return readIterations(reading);
  if (readVus(reading) !== 1) {
    reader.warn(vus, 'it has no effect without iterations, duration or stages: 1 iteration of 1 VU runs');
  }
  return undefined;
}

function readIterations({ options, reader, base }: Reading): SharedIterationsPlan {
  const vus = readVus({ options, reader, base });
  const setting = options.value(OPTIONS.iterations);
  const iterations = reader.integer(setting, { least: 1, otherwise: vus });
  if (setting !== undefined && iterations < vus) reader.complain(setting, tooFewIterations({ vus, iterations }));
  const rule = { leastMs: MIN_DURATION_MS, otherwise: DEFAULT_MAX_DURATION_MS };
  const maxDurationMs = reader.duration(options.value(OPTIONS.duration), rule);
  return { ...base, executor: 'shared-iterations', vus, iterations, maxDurationMs };
}

function readRamp(setting: Setting, { options, reader, base }: Reading): RampingVusPlan {
  const startVus = reader.integer(options.value(OPTIONS.vus), { least: 0, otherwise: 1 });
  const stages = readStages(setting, reader);
  if (startVus === 0 && stages.every(({ target }) => target === 0)) {
    reader.complain(setting, 'neither vus nor the target of a stage is greater than 0');
  }
  return { ...base, executor: 'ramping-vus', startVus, stages, gracefulRampDownMs: DEFAULT_RAMP_DOWN_MS };
}

function readVus({ options, reader }: Reading): number {
  return reader.integer(options.value(OPTIONS.vus), { least: 1, otherwise: 1 });
}

function isEmptyList(setting: Setting | undefined): boolean {
  return Array.isArray(setting?.value) && setting.value.length === 0;
}

/**
 * Makes the load fit the built-in scenario, and complains about executors that end before a virtual
 * user's connection may.
 */
export function fitLoad(behaviour: Behaviour, load: LoadPlan, reader: OptionReader): LoadPlan {
  if (behaviour.type === 'script') return load;
  const builtIn = builtInOf(behaviour);
  const scenarios = load.scenarios.map((scenario) => builtIn.fit?.(behaviour, scenario) ?? scenario);
  for (const scenario of builtIn.executors === 'held' ? scenarios : []) {
    if (executorOf(scenario).holdsConnections) continue;
    const { name } = scenario;
    const place = { path: name === 'default' ? 'iterations' : `scenarios.${name}.executor`, origin: '' };
    reader.complain(
      place,
      `in ${behaviour.name} every virtual user holds its connection for a time: give --duration or --stage instead`,
    );
  }
  return { ...load, scenarios };
}

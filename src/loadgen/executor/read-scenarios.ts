import type { Stage } from '../pacing/stages.js';
import { settingIn, within, type OptionReader, type Place, type Setting } from '../options/option-reader.js';
import type { ConstantArrivalRatePlan, ScenarioBase, ScenarioPlan } from './scenario-plan.js';

/** k6's limit for durations of executors. */
const MIN_DURATION_MS = 1000;
const DEFAULT_MAX_DURATION_MS = 600_000;
const DEFAULT_RAMP_DOWN_MS = 30_000;
const SECOND_MS = 1000;
const NAME = /^[0-9A-Za-z_-]+$/;

/** What each executor takes besides what all take. */
const EXECUTOR_KEYS = {
  'constant-vus': ['vus', 'duration'],
  'ramping-vus': ['startVUs', 'stages', 'gracefulRampDown'],
  'shared-iterations': ['vus', 'iterations', 'maxDuration'],
  'per-vu-iterations': ['vus', 'iterations', 'maxDuration'],
  'constant-arrival-rate': ['rate', 'duration', 'timeUnit', 'preAllocatedVUs', 'maxVUs'],
  'ramping-arrival-rate': ['startRate', 'stages', 'timeUnit', 'preAllocatedVUs', 'maxVUs'],
} as const satisfies Record<ScenarioPlan['executor'], readonly string[]>;

const BASE_KEYS = ['executor', 'startTime', 'gracefulStop', 'exec', 'env', 'tags', 'options'];
const EXECUTORS: readonly string[] = Object.keys(EXECUTOR_KEYS);

/** What holds for scenarios that say nothing else. */
export interface ScenarioDefaults {
  readonly gracefulStopMs: number;
  /**
   * The functions that a script exports; undefined when they are not known, or there is no script.
   */
  readonly exports?: readonly string[];
}

/**
 * The scenarios of an object as k6 has it, by their start and then their names, as k6 lists them;
 * what is wrong with any of them goes to the reader.
 */
export function readScenarios(setting: Setting, defaults: ScenarioDefaults, reader: OptionReader): ScenarioPlan[] {
  const record = reader.record(setting) ?? {};
  const scenarios = Object.entries(record).flatMap(([name, value]) => {
    const place = within(setting, name);
    if (!NAME.test(name)) reader.complain(place, `the name '${name}' has other characters than 0-9, A-Z, a-z, _ and -`);
    const scenario = reader.record({ value, ...place });
    return scenario === undefined ? [] : (readScenario({ name, place, reader, defaults, ...keyed(scenario) }) ?? []);
  });
  return scenarios.toSorted((left, right) => left.startTimeMs - right.startTimeMs || (left.name < right.name ? -1 : 1));
}

interface Reading {
  readonly name: string;
  readonly place: Place;
  readonly reader: OptionReader;
  readonly defaults: ScenarioDefaults;
  /** Every known key as k6 writes it, for it takes `preAllocatedVus`, too. */
  readonly values: Readonly<Record<string, unknown>>;
}

function keyed(record: Readonly<Record<string, unknown>>): { readonly values: Readonly<Record<string, unknown>> } {
  const known = new Map([...BASE_KEYS, ...Object.values(EXECUTOR_KEYS).flat()].map((key) => [key.toLowerCase(), key]));
  const values = Object.entries(record).map(([key, value]) => [known.get(key.toLowerCase()) ?? key, value]);
  return { values: Object.fromEntries(values) };
}

function readScenario(reading: Reading): ScenarioPlan | undefined {
  const { values, place, reader } = reading;
  const executor = settingIn(values, 'executor', place);
  const name = reader.text(executor);
  if (executor === undefined) reader.complain(place, `it has no executor, such as ${EXECUTORS.join(', ')}`);
  if (name === undefined) return undefined;
  const base = readBase(reading);
  const plan = readExecutor(name, base, reading);
  if (plan === undefined) {
    reader.complain(executor ?? place, `'${name}' is none of ${EXECUTORS.join(', ')}`);
    return undefined;
  }
  const known: readonly string[] = [...BASE_KEYS, ...EXECUTOR_KEYS[plan.executor]];
  for (const key of Object.keys(values)) {
    if (!known.includes(key)) reader.complain(within(place, key), `${name} has no such key`);
  }
  return plan;
}

function readBase(reading: Reading): ScenarioBase {
  const { name, reader, defaults, place } = reading;
  const exec = reader.text(value(reading, 'exec')) ?? 'default';
  const execPlace = within(place, 'exec');
  if (exec === '') reader.complain(execPlace, 'it is empty');
  else if (defaults.exports?.includes(exec) === false)
    reader.complain(execPlace, `function '${exec}' not found in exports`);
  const options = value(reading, 'options');
  if (options !== undefined) reader.warn(options, 'ignored, for there is no browser');
  return {
    name,
    startTimeMs: reader.duration(value(reading, 'startTime'), { leastMs: 0, otherwise: 0 }),
    gracefulStopMs: reader.duration(value(reading, 'gracefulStop'), { leastMs: 0, otherwise: defaults.gracefulStopMs }),
    exec,
    env: reader.textMap(value(reading, 'env')),
    tags: reader.textMap(value(reading, 'tags')),
  };
}

function readExecutor(executor: string, base: ScenarioBase, reading: Reading): ScenarioPlan | undefined {
  switch (executor) {
    case 'constant-vus': {
      const vus = integer(reading, 'vus', { least: 1, otherwise: 1 });
      return { ...base, executor, vus, durationMs: requiredDuration(reading) };
    }
    case 'ramping-vus':
      return readRampingVus(base, reading);
    case 'shared-iterations':
      return checkShared({ ...base, executor, ...iterations(reading) }, reading);
    case 'per-vu-iterations':
      return { ...base, executor, ...iterations(reading) };
    case 'constant-arrival-rate': {
      if (value(reading, 'rate') === undefined) complain(reading, 'rate', 'it is required');
      const rate = integer(reading, 'rate', { least: 1, otherwise: 1 });
      return { ...base, executor, rate, durationMs: requiredDuration(reading), ...arrivals(reading) };
    }
    case 'ramping-arrival-rate': {
      const startRate = integer(reading, 'startRate', { least: 0, otherwise: 0 });
      return { ...base, executor, startRate, stages: readStages(reading), ...arrivals(reading) };
    }
    default:
      return undefined;
  }
}

function readRampingVus(base: ScenarioBase, reading: Reading): ScenarioPlan {
  const startVus = integer(reading, 'startVUs', { least: 0, otherwise: 1 });
  const stages = readStages(reading);
  if (startVus === 0 && stages.length > 0 && stages.every(({ target }) => target === 0)) {
    complain(reading, 'startVUs', 'neither it nor the target of a stage is greater than 0');
  }
  const rule = { leastMs: 0, otherwise: DEFAULT_RAMP_DOWN_MS };
  const gracefulRampDownMs = reading.reader.duration(value(reading, 'gracefulRampDown'), rule);
  return { ...base, executor: 'ramping-vus', startVus, stages, gracefulRampDownMs };
}

function iterations(reading: Reading): { vus: number; iterations: number; maxDurationMs: number } {
  const rule = { leastMs: MIN_DURATION_MS, otherwise: DEFAULT_MAX_DURATION_MS };
  return {
    vus: integer(reading, 'vus', { least: 1, otherwise: 1 }),
    iterations: integer(reading, 'iterations', { least: 1, otherwise: 1 }),
    maxDurationMs: reading.reader.duration(value(reading, 'maxDuration'), rule),
  };
}

function checkShared<P extends { readonly vus: number; readonly iterations: number }>(plan: P, reading: Reading): P {
  if (plan.iterations < plan.vus) complain(reading, 'iterations', tooFewIterations(plan));
  return plan;
}

/** What is wrong when shared iterations do not suffice for their virtual users. */
export function tooFewIterations({ vus, iterations: shared }: { vus: number; iterations: number }): string {
  return `${shared} shared iterations are fewer than the ${vus} VUs; each needs at least one`;
}

function arrivals(reading: Reading): Pick<ConstantArrivalRatePlan, 'timeUnitMs' | 'preAllocatedVus' | 'maxVus'> {
  const { reader } = reading;
  const timeUnitMs = reader.duration(value(reading, 'timeUnit'), { leastMs: 0, otherwise: SECOND_MS });
  if (timeUnitMs === 0) complain(reading, 'timeUnit', 'it is 0');
  if (value(reading, 'preAllocatedVUs') === undefined) complain(reading, 'preAllocatedVUs', 'it is required');
  const preAllocatedVus = integer(reading, 'preAllocatedVUs', { least: 0, otherwise: 0 });
  const maxVus = integer(reading, 'maxVUs', { least: 0, otherwise: preAllocatedVus });
  if (maxVus < preAllocatedVus)
    complain(reading, 'maxVUs', `${maxVus} is less than the ${preAllocatedVus} preAllocatedVUs`);
  return { timeUnitMs, preAllocatedVus, maxVus };
}

function requiredDuration(reading: Reading): number {
  if (value(reading, 'duration') === undefined) complain(reading, 'duration', 'it is required');
  return reading.reader.duration(value(reading, 'duration'), { leastMs: MIN_DURATION_MS, otherwise: MIN_DURATION_MS });
}

function readStages(reading: Reading): Stage[] {
  const stages = value(reading, 'stages');
  if (stages !== undefined) return readStageList(stages, reading.reader);
  complain(reading, 'stages', 'at least one is required');
  return [];
}

/** The stages of a list, each with a duration and a target. */
export function readStageList(setting: Setting, reader: OptionReader): Stage[] {
  const items = reader.list(setting) ?? [];
  if (Array.isArray(setting.value) && items.length === 0) reader.complain(setting, 'at least one is required');
  return items.flatMap((item) => {
    const stage = reader.record(item);
    if (stage === undefined) return [];
    for (const key of Object.keys(stage)) {
      if (key !== 'duration' && key !== 'target') reader.complain(within(item, key), 'a stage has no such key');
    }
    const duration = settingIn(stage, 'duration', item);
    const target = settingIn(stage, 'target', item);
    if (duration === undefined) reader.complain(within(item, 'duration'), 'it is required');
    if (target === undefined) reader.complain(within(item, 'target'), 'it is required');
    const durationMs = reader.duration(duration, { leastMs: 0, otherwise: 0 });
    return [{ durationMs, target: reader.integer(target, { least: 0, otherwise: 0 }) }];
  });
}

function value({ values, place }: Reading, key: string): Setting | undefined {
  return settingIn(values, key, place);
}

function integer(reading: Reading, key: string, rule: { readonly least: number; readonly otherwise: number }): number {
  return reading.reader.integer(value(reading, key), rule);
}

function complain({ reader, place }: Reading, key: string, problem: string): void {
  reader.complain(within(place, key), problem);
}

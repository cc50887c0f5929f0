import { settingIn, within, type OptionReader, type Place, type Setting } from '../options/option-reader.js';
import { EXECUTORS } from './index.js';
import type { ScenarioBase, ScenarioPlan } from './scenario-plan.js';
import { ScenarioSettings } from './scenario-settings.js';

const NAME = /^[0-9A-Za-z_-]+$/;
const BASE_KEYS = ['executor', 'startTime', 'gracefulStop', 'exec', 'env', 'tags', 'options'];

/** Defaults of scenarios. */
export interface ScenarioDefaults {
  readonly gracefulStopMs: number;
  /**
   * The functions that a script exports; undefined when they are not known, or there is no script.
   */
  readonly exports?: readonly string[];
}

/**
 * Reads the scenarios of an object as k6 has it, by their start and then their names, as k6 lists
 * them. Problems of any of them go to the reader.
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
  const keys = [...BASE_KEYS, ...EXECUTORS.all.flatMap((definition) => definition.keys)];
  const known = new Map(keys.map((key) => [key.toLowerCase(), key]));
  const values = Object.entries(record).map(([key, value]) => [known.get(key.toLowerCase()) ?? key, value]);
  return { values: Object.fromEntries(values) };
}

function readScenario(reading: Reading): ScenarioPlan | undefined {
  const { values, place, reader } = reading;
  const executor = settingIn(values, 'executor', place);
  const name = reader.text(executor);
  const names = EXECUTORS.names.join(', ');
  if (executor === undefined) reader.complain(place, `it has no executor, such as ${names}`);
  if (name === undefined) return undefined;
  const base = readBase(reading);
  const definition = EXECUTORS.find(name);
  if (definition === undefined) {
    reader.complain(executor ?? place, `'${name}' is none of ${names}`);
    return undefined;
  }
  const plan = definition.read(new ScenarioSettings(values, place, reader), base);
  const known = [...BASE_KEYS, ...definition.keys];
  for (const key of Object.keys(values)) {
    if (!known.includes(key)) reader.complain(within(place, key), `${name} has no such key`);
  }
  return plan;
}

function readBase({ name, reader, defaults, place, values }: Reading): ScenarioBase {
  const setting = (key: string): Setting | undefined => settingIn(values, key, place);
  const exec = reader.text(setting('exec')) ?? 'default';
  const execPlace = within(place, 'exec');
  if (exec === '') reader.complain(execPlace, 'it is empty');
  else if (defaults.exports?.includes(exec) === false)
    reader.complain(execPlace, `function '${exec}' not found in exports`);
  const options = setting('options');
  if (options !== undefined) reader.warn(options, 'ignored: there is no browser');
  return {
    name,
    startTimeMs: reader.duration(setting('startTime'), { leastMs: 0, otherwise: 0 }),
    gracefulStopMs: reader.duration(setting('gracefulStop'), { leastMs: 0, otherwise: defaults.gracefulStopMs }),
    exec,
    env: reader.textMap(setting('env')),
    tags: reader.textMap(setting('tags')),
  };
}

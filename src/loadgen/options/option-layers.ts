import { isRecord } from '../../core/is-record.js';
import type { OptionReader, Place, Setting } from './option-reader.js';
import { OPTION_CATALOGUE } from './index.js';
import type { OptionEntry } from './option.js';

/** Options of one origin (flags, variables, script or file) by name. */
export type Layer = ReadonlyMap<string, Setting>;

/**
 * The options that decide how many iterations there are: a layer with one of them sets them all.
 */
const LOAD_GROUP = ['duration', 'iterations', 'stages', 'scenarios'] as const;
const PREFIXES = ['WSG_', 'K6_'] as const;

/** The layer of flags by the names of their options; what is undefined was not given. */
export function flagLayer(flags: Readonly<Partial<Record<string, unknown>>>): Layer {
  const layer = new Map<string, Setting>();
  for (const [name, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    const { fromText } = OPTION_CATALOGUE.get(name);
    layer.set(name, { value: fromText?.(value) ?? value, path: name, origin: '' });
  }
  return layer;
}

/**
 * The layers of environment variables: `WSG_<KEY>`, then `K6_<KEY>`. An empty variable counts as
 * not set.
 */
export function environmentLayers(environment: Readonly<NodeJS.ProcessEnv>): readonly Layer[] {
  return PREFIXES.map((prefix) => {
    const layer = new Map<string, Setting>();
    for (const { name, variable, fate, fromText } of OPTION_CATALOGUE.all) {
      if (fate === 'summary') continue;
      const key = `${prefix}${variable}`;
      const text = variable === undefined ? undefined : environment[key];
      if (text === undefined || text === '') continue;
      layer.set(name, { value: fromText?.(text) ?? text, path: name, origin: ` (${key})` });
    }
    return layer;
  });
}

/** The layer of a script's or a file's options. An unknown key is a warning, as in k6. */
export function objectLayer(options: unknown, place: Place, reader: OptionReader): Layer {
  const layer = new Map<string, Setting>();
  if (options === undefined || options === null) return layer;
  if (!isRecord(options)) {
    reader.complain(place, 'the options must be an object');
    return layer;
  }
  // In any case, as k6 takes `preAllocatedVus`.
  const entries = new Map(OPTION_CATALOGUE.all.map((entry) => [entry.name.toLowerCase(), entry]));
  for (const [name, value] of Object.entries(options)) {
    const setting = { value, path: name, origin: place.origin };
    const entry = entries.get(name.toLowerCase());
    if (entry === undefined || entry.isTyped === true) reader.warn(setting, 'unknown option; it is ignored');
    else if (value !== undefined && value !== null) layer.set(entry.name, setting);
  }
  return layer;
}

/**
 * Merges layers, the strongest first. Duration, iterations, stages and scenarios count as one: the
 * strongest layer with any of them replaces all of them.
 */
export function mergeLayers(layers: readonly Layer[], reader: OptionReader): Layer {
  const merged = new Map<string, Setting>();
  const loadLayer = layers.find((layer) => LOAD_GROUP.some((name) => layer.has(name)));
  for (const layer of layers) {
    for (const [name, setting] of layer) {
      const isOutranked = LOAD_GROUP.some((load) => load === name) && layer !== loadLayer;
      if (name === 'scenarios' && isOutranked) reader.warn(setting, 'overridden by stronger options of the load');
      if (!isOutranked && !merged.has(name)) merged.set(name, setting);
    }
  }
  return merged;
}

/** Warns and complains about options that have no effect or are refused. */
export function judgeFates(options: Layer, isScript: boolean, reader: OptionReader): void {
  for (const [name, setting] of options) {
    const entry = OPTION_CATALOGUE.find(name);
    if (entry !== undefined && asksForSomething(setting.value, entry.harmless))
      judgeFate(entry, { setting, isScript, reader });
  }
}

interface Judged {
  readonly setting: Setting;
  readonly isScript: boolean;
  readonly reader: OptionReader;
}

function judgeFate({ fate, reason }: OptionEntry, { setting, isScript, reader }: Judged): void {
  switch (fate) {
    case 'plan':
    case 'summary':
      return;
    case 'refused':
      return reader.complain(setting, `not supported: ${reason}`);
    case 'ignored':
      return reader.warn(setting, `ignored: ${reason}`);
    case 'script':
      if (!isScript) reader.warn(setting, 'ignored: a built-in scenario runs the same without it');
  }
}

function asksForSomething(value: unknown, harmless: readonly string[] = []): boolean {
  if (harmless.some((text) => text === value)) return false;
  return value !== false && value !== 0 && value !== '' && value !== 'false' && value !== '0';
}

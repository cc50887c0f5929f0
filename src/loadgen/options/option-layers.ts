import { isRecord } from '../../core/is-record.js';
import type { OptionReader, Place, Setting } from './option-reader.js';
import { OPTION_CATALOGUE, type OptionEntry } from './option-catalogue.js';

/** Options of one origin by name. */
export type Layer = ReadonlyMap<string, Setting>;

/** What decides how many iterations there are: who sets one of them sets them all. */
const LOAD_GROUP = ['duration', 'iterations', 'stages', 'scenarios'] as const;
const PREFIXES = ['WSG_', 'K6_'] as const;
/** By names in small letters: k6 takes `preAllocatedVus`, too. */
const ENTRIES: ReadonlyMap<string, OptionEntry> = new Map(
  OPTION_CATALOGUE.map((entry) => [entry.name.toLowerCase(), entry]),
);

/** Flags by the names of their options; what is undefined was not given. */
export function flagLayer(flags: Readonly<Partial<Record<string, unknown>>>): Layer {
  const layer = new Map<string, Setting>();
  for (const [name, value] of Object.entries(flags)) {
    if (value !== undefined) layer.set(name, { value: fromTexts(name, value), path: name, origin: '' });
  }
  return layer;
}

/**
 * The variables that set options, `WSG_<KEY>` and `K6_<KEY>` as a layer each. Empty ones count as
 * not given.
 */
export function environmentLayers(environment: Readonly<NodeJS.ProcessEnv>): readonly Layer[] {
  return PREFIXES.map((prefix) => {
    const layer = new Map<string, Setting>();
    for (const { name, variable, fate } of OPTION_CATALOGUE) {
      if (fate === 'summary') continue;
      const key = `${prefix}${variable}`;
      const text = variable === undefined ? undefined : environment[key];
      if (text === undefined || text === '') continue;
      layer.set(name, { value: fromTexts(name, text), path: name, origin: ` (${key})` });
    }
    return layer;
  });
}

/**
 * The options of a script or a file. A key that no version of k6 knows is a warning there, and so
 * it is here.
 */
export function objectLayer(options: unknown, place: Place, reader: OptionReader): Layer {
  const layer = new Map<string, Setting>();
  if (options === undefined || options === null) return layer;
  if (!isRecord(options)) {
    reader.complain(place, 'the options must be an object');
    return layer;
  }
  for (const [name, value] of Object.entries(options)) {
    const setting = { value, path: name, origin: place.origin };
    const entry = ENTRIES.get(name.toLowerCase());
    if (entry === undefined || entry.isTyped === true) reader.warn(setting, 'there is no such option; it is ignored');
    else if (value !== undefined && value !== null) layer.set(entry.name, setting);
  }
  return layer;
}

/**
 * Lays each layer, the strongest first, over those behind it. Duration, iterations, stages and
 * scenarios are one: the strongest layer with any of them has all.
 */
export function mergeLayers(layers: readonly Layer[], reader: OptionReader): Layer {
  const merged = new Map<string, Setting>();
  const loadLayer = layers.find((layer) => LOAD_GROUP.some((name) => layer.has(name)));
  for (const layer of layers) {
    for (const [name, setting] of layer) {
      const isOutranked = LOAD_GROUP.some((load) => load === name) && layer !== loadLayer;
      if (name === 'scenarios' && isOutranked)
        reader.warn(setting, 'overridden entirely by stronger options of the load');
      if (!isOutranked && !merged.has(name)) merged.set(name, setting);
    }
  }
  return merged;
}

/** Says of every option that does not become part of the plan what becomes of it. */
export function judgeFates(options: Layer, isScript: boolean, reader: OptionReader): void {
  for (const [name, setting] of options) {
    const entry = ENTRIES.get(name.toLowerCase());
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
      return reader.warn(setting, `ignored, for ${reason}`);
    case 'script':
      if (!isScript) reader.warn(setting, 'ignored, for a built-in scenario runs the same without');
  }
}

function asksForSomething(value: unknown, harmless: readonly string[] = []): boolean {
  if (harmless.some((text) => text === value)) return false;
  return value !== false && value !== 0 && value !== '' && value !== 'false' && value !== '0';
}

/** Texts of flags and variables in the form that scripts have: `10s:5` is a stage, `a=b` a tag. */
function fromTexts(name: string, value: unknown): unknown {
  if (name === 'stages') return textsOf(value).map(stageOf);
  if (name !== 'tags') return value;
  return Object.fromEntries(textsOf(value).map((tag) => splitAt(tag, tag.includes('=') ? '=' : ':')));
}

function textsOf(value: unknown): readonly string[] {
  const texts = Array.isArray(value) ? value.map(String) : [String(value)];
  return texts.flatMap((text) => text.split(',')).map((text) => text.trim());
}

function stageOf(text: string): Readonly<Record<string, string>> {
  const [duration, target] = splitAt(text, ':');
  return { duration, ...(text.includes(':') ? { target } : {}) };
}

function splitAt(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

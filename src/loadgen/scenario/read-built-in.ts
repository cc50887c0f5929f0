import { readHeaderLines, type OptionReader } from '../options/option-reader.js';
import type { Layer } from '../options/option-layers.js';
import { DIAL_OPTIONS } from '../client/read-dial.js';
import { STAMP_BYTES } from './message-stamp.js';
import {
  DEFAULT_SIZE,
  LARGEST_SIZE,
  BUILT_IN_SCENARIOS,
  MATCHINGS,
  type PublishPlan,
  type BuiltInPlan,
  type BuiltInScenario,
  type Matching,
  type MessagePlan,
} from './built-in-plan.js';

/** What is published where unless the options say so. */
export interface PublishDefaults {
  /** Where a gateway at the target takes messages. */
  readonly publishUrl: string;
}

const METHOD = /^[A-Z]{1,16}$/;

/** Reads the request of `fan-out`. */
export function readPublish(options: Layer, { publishUrl }: PublishDefaults, reader: OptionReader): PublishPlan {
  return {
    url: readUrl(options, publishUrl, reader),
    method: readMethod(options, reader),
    headers: readHeaderLines(options.get('publishHeaders'), reader),
    body: readBody(options, reader),
  };
}

function readUrl(options: Layer, otherwise: string, reader: OptionReader): string {
  const setting = options.get('publishUrl');
  if (setting === undefined) return otherwise;
  const url = reader.withScheme(setting, reader.text(setting) ?? otherwise, ['http', 'https']);
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    reader.complain(setting, `'${url}' must be a URL such as http://127.0.0.1:5000/send?all=true`);
  }
  return url;
}

function readMethod(options: Layer, reader: OptionReader): string {
  const setting = options.get('publishMethod');
  const method = reader.text(setting) ?? 'POST';
  if (setting !== undefined && !METHOD.test(method))
    reader.complain(setting, `'${method}' must be a method such as POST`);
  return method;
}

function readBody(options: Layer, reader: OptionReader): string {
  const setting = options.get('publishBody');
  const body = reader.text(setting);
  if (setting === undefined || body === undefined) return defaultBody(options, reader);
  if (!body.includes('{{stamp}}')) {
    reader.complain(setting, 'it has no {{stamp}}, without which no recipient knows the message');
  }
  if (options.has('size')) reader.complain(setting, 'it has a size of its own; leave --size out');
  return body;
}

function defaultBody(options: Layer, reader: OptionReader): string {
  const size = reader.integer(options.get('size'), { least: STAMP_BYTES.published, otherwise: DEFAULT_SIZE });
  return `{{stamp}}${'.'.repeat(Math.min(size, LARGEST_SIZE) - STAMP_BYTES.published)}`;
}

/** Which scenarios obey an option that not all of them have. */
const TAKERS = {
  rate: ['echo', 'churn', 'fan-out'],
  size: ['echo', 'flood', 'fan-out'],
  binary: ['echo', 'flood'],
  match: ['echo'],
  answerTimeout: ['echo', 'fan-out'],
  connectRate: ['echo', 'flood', 'idle', 'storm', 'fan-out'],
  hold: ['churn'],
  every: ['storm'],
  publishUrl: ['fan-out'],
  publishMethod: ['fan-out'],
  publishHeaders: ['fan-out'],
  publishBody: ['fan-out'],
} as const satisfies Readonly<Record<string, readonly BuiltInScenario[]>>;

const DEFAULT_RATES = { echo: 1000, churn: 100, 'fan-out': 10 } as const;
const DEFAULT_ANSWER_TIMEOUT_MS = 10_000;
const DEFAULT_EVERY_MS = 10_000;
const LEAST_EVERY_MS = 100;
const FASTEST = 10_000_000;
/** What a listen backlog of 511 takes without loss on a machine like ours. */
const DEFAULT_CONNECT_RATE = 1000;

interface Reading {
  readonly options: Layer;
  readonly reader: OptionReader;
}

/**
 * Reads the scenario that the options name, with its settings; complains of settings that it does
 * not have.
 */
export function readBuiltIn(options: Layer, defaults: PublishDefaults, reader: OptionReader): BuiltInPlan {
  const name = readName(options, reader);
  complainOfOthers(options, name, reader);
  return readSettings(name, { options, reader }, defaults);
}

/** Complains of every option that only a built-in scenario has. */
export function refuseBuiltInOptions(options: Layer, reader: OptionReader): void {
  for (const option of [...Object.keys(TAKERS), ...DIAL_OPTIONS]) {
    const setting = options.get(option);
    if (setting !== undefined) reader.complain(setting, 'a script decides this by itself; only --scenario obeys it');
  }
}

function readName(options: Layer, reader: OptionReader): BuiltInScenario {
  const setting = options.get('scenario');
  const name = reader.text(setting) ?? 'snapshot';
  const known = BUILT_IN_SCENARIOS.find((candidate) => candidate === name);
  if (known !== undefined) return known;
  if (setting !== undefined) reader.complain(setting, `'${name}' is none of ${BUILT_IN_SCENARIOS.join(', ')}`);
  return 'snapshot';
}

function complainOfOthers(options: Layer, name: BuiltInScenario, reader: OptionReader): void {
  for (const [option, takers] of Object.entries(TAKERS)) {
    const setting = options.get(option);
    if (setting === undefined || takers.some((taker) => taker === name)) continue;
    reader.complain(setting, `the scenario ${name} has none; it goes with ${takers.join(', ')}`);
  }
}

function readSettings(name: BuiltInScenario, reading: Reading, defaults: PublishDefaults): BuiltInPlan {
  switch (name) {
    case 'snapshot':
      return { name };
    case 'echo': {
      const message = readMessage(reading);
      const matching = readMatching(message, reading);
      const rate = readRate(DEFAULT_RATES.echo, reading);
      return { name, rate, ...message, matching, answerTimeoutMs: readTimeout(reading), ...readHeld(0, reading) };
    }
    case 'flood':
      return { name, ...readMessage(reading), ...readHeld(0, reading) };
    case 'idle':
      return { name, ...readHeld(DEFAULT_CONNECT_RATE, reading) };
    case 'churn':
      return {
        name,
        rate: readRate(DEFAULT_RATES.churn, reading),
        holdMs: readDuration('hold', { leastMs: 0, otherwise: 0 }, reading),
      };
    case 'storm': {
      const everyMs = readDuration('every', { leastMs: LEAST_EVERY_MS, otherwise: DEFAULT_EVERY_MS }, reading);
      return { name, everyMs, ...readHeld(0, reading) };
    }
    case 'fan-out': {
      const rate = readRate(DEFAULT_RATES['fan-out'], reading);
      const publish = readPublish(reading.options, defaults, reading.reader);
      return { name, rate, publish, answerTimeoutMs: readTimeout(reading), ...readHeld(0, reading) };
    }
  }
}

function readMessage({ options, reader }: Reading): MessagePlan {
  const size = reader.integer(options.get('size'), { least: 1, otherwise: DEFAULT_SIZE });
  if (size > LARGEST_SIZE) {
    reader.complain(options.get('size') ?? { path: 'size', origin: '' }, `${size} is more than ${LARGEST_SIZE} bytes`);
  }
  return { size, isBinary: reader.flag(options.get('binary')) };
}

function readMatching({ size, isBinary }: MessagePlan, { options, reader }: Reading): Matching {
  const setting = options.get('match');
  const text = reader.text(setting) ?? 'id';
  const matching = MATCHINGS.find((known) => known === text);
  if (matching === undefined && setting !== undefined)
    reader.complain(setting, `'${text}' is none of ${MATCHINGS.join(', ')}`);
  const least = isBinary ? STAMP_BYTES.binary : STAMP_BYTES.text;
  const place = options.get('size');
  if (matching === 'id' && size < least && place !== undefined) {
    reader.complain(place, `${size} bytes hold no id, ${least} do; or take answers in order with --match order`);
  }
  return matching ?? 'id';
}

/** Messages or connections a second. */
function readRate(otherwise: number, { options, reader }: Reading): number {
  return reader.number(options.get('rate'), { above: 0, most: FASTEST, otherwise });
}

function readHeld(otherwise: number, { options, reader }: Reading): { readonly connectRate: number } {
  return { connectRate: reader.number(options.get('connectRate'), { above: 0, most: FASTEST, otherwise }) };
}

function readTimeout(reading: Reading): number {
  return readDuration('answerTimeout', { leastMs: 1, otherwise: DEFAULT_ANSWER_TIMEOUT_MS }, reading);
}

function readDuration(
  name: keyof typeof TAKERS,
  rule: { readonly leastMs: number; readonly otherwise: number },
  { options, reader }: Reading,
): number {
  return reader.duration(options.get(name), rule);
}

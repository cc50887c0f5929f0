import { parseDuration } from '../../core/duration.js';

/** k6's time formats of samples (k6 docs, "CSV"). */
const TIME_FORMATS_KNOWN = ['unix', 'unix_milli', 'unix_micro', 'unix_nano', 'rfc3339', 'rfc3339_nano'] as const;
export type TimeFormat = (typeof TIME_FORMATS_KNOWN)[number];

/** Options of a CSV output. */
export interface CsvOptions {
  /** '' and `-` mean standard output. */
  readonly path: string;
  readonly timeFormat: TimeFormat;
}

const DEFAULT_PATH = 'file.csv';
const KEYS = ['fileName', 'timeFormat', 'saveInterval'] as const;
type Key = (typeof KEYS)[number];
const VARIABLES: Readonly<Record<Key, string>> = {
  fileName: 'CSV_FILENAME',
  timeFormat: 'CSV_TIME_FORMAT',
  saveInterval: 'CSV_SAVE_INTERVAL',
};

/**
 * Parses the value of `--out csv=`: a file, or k6's `fileName=FILE,timeFormat=rfc3339`. Missing
 * values come from `WSG_CSV_*` and `K6_CSV_*`. The save interval is validated without effect,
 * because rows are written immediately.
 */
export function parseCsvOptions(
  target: string,
  env: Readonly<Record<string, string | undefined>>,
): CsvOptions | { readonly problem: string } {
  const given = target === '' ? new Map<string, string>() : pairsOf(target);
  const problems = [...given].flatMap(([key, value]) => keyProblem(key, value));
  const [problem] = problems;
  if (problem !== undefined) return { problem: `out: 'csv=${target}': ${problem}` };
  const value = (key: Key): string | undefined => given.get(key) ?? fromEnvironment(env, VARIABLES[key]);
  const timeFormat = value('timeFormat') ?? 'unix';
  const known = TIME_FORMATS_KNOWN.find((name) => name === timeFormat);
  if (known === undefined) {
    return { problem: `out: the time format '${timeFormat}' must be one of ${TIME_FORMATS_KNOWN.join(', ')}` };
  }
  const interval = value('saveInterval');
  if (interval !== undefined && parseDuration(interval) === undefined) {
    return { problem: `out: the save interval '${interval}' must be a duration such as 1s` };
  }
  return { path: value('fileName') ?? DEFAULT_PATH, timeFormat: known };
}

function pairsOf(target: string): ReadonlyMap<string, string> {
  if (!target.includes('=')) return new Map([['fileName', target]]);
  return new Map(
    target.split(',').map((pair) => {
      const [, key = pair, value = ''] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
      return [key, value];
    }),
  );
}

function keyProblem(key: string, value: string): string[] {
  if (!KEYS.some((known) => known === key)) return [`'${key}' must be one of ${KEYS.join(', ')}`];
  return value === '' ? [`'${key}' has no value`] : [];
}

function fromEnvironment(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return [env[`WSG_${name}`], env[`K6_${name}`]].find((text) => text !== undefined && text !== '');
}

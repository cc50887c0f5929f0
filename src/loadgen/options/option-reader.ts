import { isRecord } from '../../core/is-record.js';
import { parseDuration } from '../../core/duration.js';
import { schemeHint, withScheme, type SchemePair } from '../../core/missing-scheme.js';

/**
 * Position of an option's value for messages: its path (`scenarios.a.stages[2].target`), and the
 * file or variable that it came from.
 */
export interface Place {
  readonly path: string;
  /** `` or ` (K6_VUS)`. */
  readonly origin: string;
}

/** A value with the position that it was given at. */
export interface Setting extends Place {
  readonly value: unknown;
}

/** The place of a part of the value at `place`. */
export function within(place: Place, part: string | number): Place {
  const path = typeof part === 'number' ? `${place.path}[${part}]` : `${place.path}.${part}`;
  return { path, origin: place.origin };
}

/** A value of a record with its place; undefined when it is not there or null, as in k6. */
export function settingIn(record: Readonly<Record<string, unknown>>, key: string, place: Place): Setting | undefined {
  const value = Object.hasOwn(record, key) ? record[key] : undefined;
  return value === undefined || value === null ? undefined : { value, ...within(place, key) };
}

interface IntegerRule<D> {
  readonly least: number;
  /** Result when nothing was given, and after a complaint. */
  readonly otherwise: D;
}

interface NumberRule<D> {
  /** The exclusive lower bound. */
  readonly above: number;
  readonly most: number;
  readonly otherwise: D;
}

interface DurationRule<D> {
  readonly leastMs: number;
  readonly otherwise: D;
}

/**
 * Reads values of scripts, files and texts, and collects problems and warnings with their places.
 */
export class OptionReader {
  readonly problems: string[] = [];
  readonly warnings: string[] = [];

  complain({ path, origin }: Place, problem: string): void {
    this.problems.push(`${path}${origin}: ${problem}`);
  }

  warn({ path, origin }: Place, warning: string): void {
    this.warnings.push(`${path}${origin}: ${warning}`);
  }

  /** An address with a scheme; warns when it had none. */
  withScheme(place: Place, given: string, schemes: SchemePair): string {
    const taken = withScheme(given, schemes);
    const hint = schemeHint(given, taken);
    if (hint !== undefined) this.warn(place, hint);
    return taken;
  }

  /** A whole number, or its digits as a text. */
  integer<D = number>(setting: Setting | undefined, { least, otherwise }: IntegerRule<D>): number | D {
    if (setting === undefined) return otherwise;
    const { value } = setting;
    const isDigits = typeof value === 'string' && /^\s*-?\d{1,15}\s*$/.test(value);
    const number = typeof value === 'number' || isDigits ? Number(value) : Number.NaN;
    if (Number.isSafeInteger(number) && number >= least) return number;
    this.complain(setting, `${quoted(value)} must be a whole number of at least ${least}`);
    return otherwise;
  }

  /** Any number, or a text of one. */
  number<D = number>(setting: Setting | undefined, { above, most, otherwise }: NumberRule<D>): number | D {
    if (setting === undefined) return otherwise;
    const { value } = setting;
    const isDigits = typeof value === 'string' && /^\s*\d{1,15}(\.\d{1,9})?\s*$/.test(value);
    const number = typeof value === 'number' || isDigits ? Number(value) : Number.NaN;
    if (number > above && number <= most) return number;
    this.complain(setting, `${quoted(value)} must be a number greater than ${above} and up to ${most}`);
    return otherwise;
  }

  /** Milliseconds of a duration such as `1m30s`, or of a number of milliseconds. */
  duration<D = number>(setting: Setting | undefined, { leastMs, otherwise }: DurationRule<D>): number | D {
    if (setting === undefined) return otherwise;
    const { value } = setting;
    const isText = typeof value === 'string' || typeof value === 'number';
    const durationMs = isText ? parseDuration(String(value)) : undefined;
    if (durationMs === undefined) this.complain(setting, `${quoted(value)} must be a duration such as 30s or 1m30s`);
    else if (durationMs < leastMs) {
      this.complain(setting, `${quoted(value)} is shorter than ${leastMs / 1000}s`);
    } else return durationMs;
    return otherwise;
  }

  text(setting: Setting | undefined): string | undefined {
    if (setting === undefined) return undefined;
    if (typeof setting.value === 'string') return setting.value;
    this.complain(setting, `${quoted(setting.value)} must be a string`);
    return undefined;
  }

  /** False when not given. */
  flag(setting: Setting | undefined): boolean {
    if (setting === undefined) return false;
    const { value } = setting;
    if (typeof value === 'boolean') return value;
    if (value === 'true' || value === '1') return true;
    if (value !== 'false' && value !== '0') this.complain(setting, `${quoted(value)} is neither true nor false`);
    return false;
  }

  /** A list of texts, or one text with commas. */
  texts(setting: Setting | undefined): readonly string[] | undefined {
    if (setting === undefined) return undefined;
    if (typeof setting.value === 'string') return setting.value.split(',').map((part) => part.trim());
    return this.list(setting)?.flatMap((item) => this.text(item) ?? []);
  }

  /** Texts by name; empty when not given. */
  textMap(setting: Setting | undefined): Readonly<Record<string, string>> {
    const record = setting === undefined ? undefined : this.record(setting);
    if (setting === undefined || record === undefined) return {};
    return Object.fromEntries(
      Object.entries(record).flatMap(([name, value]) => {
        const text = this.text({ value, ...within(setting, name) });
        return text === undefined ? [] : [[name, text]];
      }),
    );
  }

  /** The items of a list, each with its place. */
  list(setting: Setting): readonly Setting[] | undefined {
    if (Array.isArray(setting.value))
      return setting.value.map((value, index) => ({ value, ...within(setting, index) }));
    this.complain(setting, `${quoted(setting.value)} must be a list`);
    return undefined;
  }

  record(setting: Setting): Readonly<Record<string, unknown>> | undefined {
    if (isRecord(setting.value)) return setting.value;
    this.complain(setting, `${quoted(setting.value)} must be an object`);
    return undefined;
  }
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

const HEADER = /^(?<name>[!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(?<value>[^\r\n\0]*?)[ \t]*$/;

/**
 * Reads lines such as `X-Api-Key: abc`; a text with commas is one line, for values may have some.
 */
export function readHeaderLines(
  setting: Setting | undefined,
  reader: OptionReader,
): readonly (readonly [name: string, value: string])[] {
  if (setting === undefined) return [];
  const texts = Array.isArray(setting.value) ? setting.value.map(String) : [String(setting.value)];
  return texts.flatMap((text) => {
    const { name, value } = HEADER.exec(text)?.groups ?? {};
    if (name !== undefined && value !== undefined) return [[name, value] as const];
    reader.complain(setting, `'${text}' must be a header such as 'X-Api-Key: abc'`);
    return [];
  });
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const NAMED = /^([+-]?)(inf|infinity|nan)$/i;

/**
 * Parses a number like Go's strconv.ParseFloat: infinite if it is too large, 0 if the text is not a
 * number. Hexadecimal floats (`0x1p-2`), which Go accepts, give 0.
 */
export function parseGoFloat(text: string): number {
  if (DECIMAL.test(text)) return Number(text);
  const named = NAMED.exec(text);
  if (named === null) return 0;
  if (named[2]?.toLowerCase() === 'nan') return named[1] === '' ? Number.NaN : 0;
  return named[1] === '-' ? -Infinity : Infinity;
}

/**
 * Formats a number like Go's strconv.FormatFloat(n, 'f', -1, 64): the fewest digits that
 * round-trip, never an exponent.
 */
export function formatGoFloat(number: number): string {
  if (Number.isNaN(number)) return 'NaN';
  if (!Number.isFinite(number)) return number < 0 ? '-Inf' : '+Inf';
  const sign = number < 0 || Object.is(number, -0) ? '-' : '';
  const [mantissa = '', exponent = '0'] = Math.abs(number).toExponential().split('e');
  return sign + placePoint(mantissa.replace('.', ''), Number(exponent) + 1);
}

/** Returns `digits` with the decimal point after the first `whole` digits. */
function placePoint(digits: string, whole: number): string {
  if (whole <= 0) return `0.${'0'.repeat(-whole)}${digits}`;
  if (whole >= digits.length) return digits.padEnd(whole, '0');
  return `${digits.slice(0, whole)}.${digits.slice(whole)}`;
}

/** A value found in JSON. All texts are byte strings. */
export interface JsonValue {
  readonly kind: 'null' | 'false' | 'number' | 'string' | 'true' | 'json';
  /** The value as written in the JSON. */
  readonly raw: string;
  /** For strings: the content without quotes and escapes. */
  readonly text: string;
}

/** The value of a path that finds nothing. */
export const MISSING: JsonValue = { kind: 'null', raw: '', text: '' };

export function jsonValue(raw: string): JsonValue {
  return { kind: 'json', raw, text: '' };
}

export function numberValue(raw: string): JsonValue {
  return { kind: 'number', raw, text: '' };
}

export function stringValue(raw: string, text: string): JsonValue {
  return { kind: 'string', raw, text };
}

/** Returns `true`, `false` or `null`, judged by the first letter alone. */
export function literalValue(raw: string): JsonValue {
  const kind = raw.startsWith('t') ? 'true' : raw.startsWith('f') ? 'false' : 'null';
  return { kind, raw, text: '' };
}

/** False for MISSING only; a `null` exists. */
export function exists({ kind, raw }: JsonValue): boolean {
  return kind !== 'null' || raw !== '';
}

/**
 * Returns the text of a value as gjson's String() does: numbers other than plain digits as Go
 * prints them, `null` as ''.
 */
export function valueText(value: JsonValue): string {
  switch (value.kind) {
    case 'string':
      return value.text;
    case 'number':
      return /^-?\d*$/.test(value.raw) ? value.raw : formatGoFloat(parseGoFloat(value.raw));
    case 'json':
      return value.raw;
    case 'null':
      return '';
    default:
      return value.kind;
  }
}

export function isArray({ kind, raw }: JsonValue): boolean {
  return kind === 'json' && raw.startsWith('[');
}

export function isJsonObject({ kind, raw }: JsonValue): boolean {
  return kind === 'json' && raw.startsWith('{');
}

/**
 * Parses a boolean like Go's strconv.ParseBool, in lower case; undefined if the text is not a
 * boolean.
 */
export function parseGoBoolean(text: string): boolean | undefined {
  if (/^(1|t|true)$/i.test(text)) return true;
  return /^(0|f|false)$/i.test(text) ? false : undefined;
}

/** Whether a value counts as true. */
export function isTrueish(value: JsonValue): boolean {
  switch (value.kind) {
    case 'true':
      return true;
    case 'string':
      return parseGoBoolean(value.text) === true;
    case 'number':
      return parseGoFloat(value.raw) !== 0;
    default:
      return false;
  }
}

/** Whether a value counts as false; a missing value does. */
export function isFalseish(value: JsonValue): boolean {
  switch (value.kind) {
    case 'null':
    case 'false':
      return true;
    case 'string':
      return parseGoBoolean(value.text) === false;
    case 'number':
      return parseGoFloat(value.raw) === 0;
    default:
      return false;
  }
}

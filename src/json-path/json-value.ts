const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const NAMED = /^([+-]?)(inf|infinity|nan)$/i;

/**
 * The number that Go's strconv.ParseFloat reads: infinite when it is too large, 0 when the text is
 * no number. Go also reads hexadecimal floats (`0x1p-2`), which give 0 here.
 */
export function parseGoFloat(text: string): number {
  if (DECIMAL.test(text)) return Number(text);
  const named = NAMED.exec(text);
  if (named === null) return 0;
  if (named[2]?.toLowerCase() === 'nan') return named[1] === '' ? Number.NaN : 0;
  return named[1] === '-' ? -Infinity : Infinity;
}

/**
 * The number as Go's strconv.FormatFloat(n, 'f', -1, 64) prints it: fewest digits that give it
 * back, never an exponent.
 */
export function formatGoFloat(number: number): string {
  if (Number.isNaN(number)) return 'NaN';
  if (!Number.isFinite(number)) return number < 0 ? '-Inf' : '+Inf';
  const sign = number < 0 || Object.is(number, -0) ? '-' : '';
  const [mantissa = '', exponent = '0'] = Math.abs(number).toExponential().split('e');
  return sign + placePoint(mantissa.replace('.', ''), Number(exponent) + 1);
}

/** `digits` with the decimal point after the first `whole` of them. */
function placePoint(digits: string, whole: number): string {
  if (whole <= 0) return `0.${'0'.repeat(-whole)}${digits}`;
  if (whole >= digits.length) return digits.padEnd(whole, '0');
  return `${digits.slice(0, whole)}.${digits.slice(whole)}`;
}

/** A value found in JSON. All texts are byte texts. */
export interface JsonValue {
  readonly kind: 'null' | 'false' | 'number' | 'string' | 'true' | 'json';
  /** As it stands in the JSON. */
  readonly raw: string;
  /** Of strings: without quotes and escapes. */
  readonly text: string;
}

/** What is not there. */
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

/** `true`, `false` or `null` by the first letter alone. */
export function literalValue(raw: string): JsonValue {
  const kind = raw.startsWith('t') ? 'true' : raw.startsWith('f') ? 'false' : 'null';
  return { kind, raw, text: '' };
}

/** False of MISSING alone: `null` is there. */
export function exists({ kind, raw }: JsonValue): boolean {
  return kind !== 'null' || raw !== '';
}

/**
 * The value as gjson's String() gives it: numbers that are not plain digits as Go prints them,
 * `null` empty.
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

export function isObject({ kind, raw }: JsonValue): boolean {
  return kind === 'json' && raw.startsWith('{');
}

/**
 * What a text says when Go's strconv.ParseBool reads it in lower case; undefined when it says
 * nothing.
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

/** Whether a value counts as false; what is missing does. */
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

import { formatGoFloat, parseGoFloat } from './go-number.js';

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

/** The value as gjson's String() gives it: numbers that are not plain digits as Go prints them, `null` empty. */
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

/** What a text says when Go's strconv.ParseBool reads it in lower case; undefined when it says nothing. */
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

import { toByteText } from '../core/byte-text.js';
import { jsonValue, literalValue, numberValue, stringValue, type JsonValue } from './json-value.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/** No value begins at the position. */
export const NO_VALUE = -1;
/** A string that begins at the position is not closed. */
export const UNCLOSED = -2;

type ValueStart = 'string' | 'nested' | 'literal' | 'number' | undefined;

/**
 * The kind of value that a byte begins, outside strings. `n` is `null` or `nan`, depending on the
 * next byte.
 */
const START_KIND = Array.from({ length: 256 }, (_, code) => kindOfStart(String.fromCharCode(code)));
const BRACKET_DEPTH = Int8Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code);
  if ('{[('.includes(character)) return 1;
  return '}])'.includes(character) ? -1 : 0;
});

function kindOfStart(character: string): ValueStart {
  if (character === '"') return 'string';
  if ('{['.includes(character)) return 'nested';
  if ('tfn'.includes(character)) return 'literal';
  return '+-0123456789iIN'.includes(character) ? 'number' : undefined;
}

/** Returns the position after the string that begins at `start`, or UNCLOSED. */
export function endOfString(json: string, start: number): number {
  for (let quote = json.indexOf('"', start + 1); quote >= 0; quote = json.indexOf('"', quote + 1)) {
    let first = quote;
    while (first > start + 1 && json.charCodeAt(first - 1) === BACKSLASH) first--;
    if ((quote - first) % 2 === 0) return quote + 1;
  }
  return UNCLOSED;
}

/**
 * Returns the position after the bracket that closes the one at `start`, whatever their kinds.
 * Without such a bracket: the end of the text, or a position beyond it if a string inside is not
 * closed either.
 */
export function endOfNested(json: string, start: number): number {
  let depth = 1;
  for (let position = start + 1; position < json.length; position++) {
    const code = json.charCodeAt(position);
    if (code === QUOTE) {
      const end = endOfString(json, position);
      if (end === UNCLOSED) return json.length + 1;
      position = end - 1;
      continue;
    }
    depth += BRACKET_DEPTH[code] ?? 0;
    if (depth === 0) return position + 1;
  }
  return json.length;
}

/**
 * Returns the string or the bracketed block at the start of `json`; all of it if it is not closed.
 */
export function leadingBlock(json: string): string {
  if (json.charCodeAt(0) !== QUOTE) return json.slice(0, endOfNested(json, 0));
  const end = endOfString(json, 0);
  return end === UNCLOSED ? json : json.slice(0, end);
}

/**
 * Returns the position after the value that begins at `start`, NO_VALUE if none does, or UNCLOSED.
 */
export function endOfValue(json: string, start: number): number {
  switch (startKind(json, start)) {
    case 'string':
      return endOfString(json, start);
    case 'nested':
      return endOfNested(json, start);
    case 'literal':
      return endOfLiteral(json, start);
    case 'number':
      return endOfNumber(json, start);
    default:
      return NO_VALUE;
  }
}

/** Returns the value between two positions; `end` comes from `endOfValue`. */
export function valueBetween(json: string, start: number, end: number): JsonValue {
  const raw = json.slice(start, end);
  switch (startKind(json, start)) {
    case 'string':
      return stringValue(raw, stringText(raw.slice(1, -1)));
    case 'nested':
      return jsonValue(raw);
    case 'literal':
      return literalValue(raw);
    default:
      return numberValue(raw);
  }
}

/** Whether a value begins at the position. */
export function beginsValue(json: string, position: number): boolean {
  return START_KIND[json.charCodeAt(position)] !== undefined;
}

/** Whether an object or array begins at the position. */
export function isNestedAt(json: string, position: number): boolean {
  return startKind(json, position) === 'nested';
}

/**
 * Returns the first value at or after `from`, skipping anything else; undefined if there is none.
 */
export function nextValue(json: string, from: number): { value: JsonValue; start: number; end: number } | undefined {
  for (let start = from; start < json.length; start++) {
    const end = endOfValue(json, start);
    if (end === UNCLOSED) return undefined;
    if (end !== NO_VALUE) return { value: valueBetween(json, start, end), start, end };
  }
  return undefined;
}

/** Decodes the escapes of a string without its quotes. */
export function stringText(inner: string): string {
  return inner.includes('\\') ? unescapeJson(inner) : inner;
}

/**
 * Matches runs without escapes or control characters, single-character escapes, surrogate pairs,
 * and other UTF-16 units.
 */
const TOKENS = /[ -[\]-\xff]+|\\["\\/bfnrt]|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[^]{4}/gy;
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** Decodes JSON's escapes up to the first invalid escape or control character. */
function unescapeJson(text: string): string {
  let result = '';
  for (const [token] of text.matchAll(TOKENS)) result += tokenText(token);
  return result;
}

function tokenText(token: string): string {
  if (!token.startsWith('\\')) return token;
  const kind = token.charAt(1);
  if (kind !== 'u') return ESCAPES[kind] ?? kind;
  const units = token.length > 6 ? [token.slice(2, 6), token.slice(8)] : [token.slice(2)];
  const text = String.fromCharCode(...units.map(readHex));
  return toByteText(text);
}

function readHex(digits: string): number {
  return /^[\da-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : 0;
}

function startKind(json: string, position: number): ValueStart {
  const kind = START_KIND[json.charCodeAt(position)];
  if (kind !== 'literal' || json[position] !== 'n' || position + 1 >= json.length) return kind;
  return json[position + 1] === 'u' ? 'literal' : 'number';
}

function endOfLiteral(json: string, start: number): number {
  for (let position = start + 1; position < json.length; position++) {
    const code = json.charCodeAt(position);
    if (code < 0x61 || code > 0x7a) return position;
  }
  return json.length;
}

function endOfNumber(json: string, start: number): number {
  for (let position = start + 1; position < json.length; position++) {
    const code = json.charCodeAt(position);
    if (code <= SPACE || code === 0x2c || code === 0x5d || code === 0x7d) return position;
  }
  return json.length;
}

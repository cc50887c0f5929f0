import type { ScriptFunction } from './guard.js';
import type { Tags } from '../../metric/series.js';

/**
 * Error messages of k6's modules. Scripts may rely on the name of the function and the rule in
 * them.
 */

/** Returns the Go-like name of a value's type that k6 uses in messages. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'undefined';
  if (Array.isArray(value)) return 'array';
  if (ArrayBuffer.isView(value)) return value.constructor.name;
  if (value instanceof ArrayBuffer) return 'ArrayBuffer';
  return typeof value;
}

/** Error for a function that needs a virtual user and is called in the init context. */
export function notInInit(what: string): Error {
  return new Error(`using ${what} in the init context is not supported`);
}

/** Error for a virtual user that calls a function of the init context. */
export function onlyInInit(what: string): Error {
  return new Error(`${what} can only be used in the init context`);
}

/** Error for a name that contains `::`, the separator of group and check names. */
export function badPathName(): Error {
  return new Error("group and check names may not contain '::'");
}

/** Error for an asynchronous callback: `group` and `check` end when their callback returns. */
export function noAsyncCallback(what: string): TypeError {
  return new TypeError(`${what}() does not support async functions as arguments`);
}

/** Error for an argument of the wrong type. */
export function wrongType(what: string, value: unknown, wanted: string): TypeError {
  return new TypeError(`${what}: ${wanted} was expected, got ${typeName(value)}`);
}

/**
 * Type guards and conversions for script values. Every value that a script passes to a module goes
 * through one of them.
 */
export function isFunction(value: unknown): value is ScriptFunction {
  return typeof value === 'function';
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Returns a property of any value; undefined if it has no properties. */
export function property(value: unknown, name: string): unknown {
  return isObject(value) || typeof value === 'function' ? Reflect.get(value, name) : undefined;
}

/**
 * Returns the name of a value's type as k6 shows it to scripts: `String`, `Array`, `Uint8Array`.
 */
export function typedName(value: unknown): string {
  if (value === null) return 'null';
  if (isObject(value)) return value.constructor?.name ?? 'Object';
  const name = typeof value;
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** Converts any value to a text as `String` does. */
export function asText(value: unknown): string {
  return String(value);
}

/**
 * Returns the bytes of a string (UTF-8), ArrayBuffer, typed array or list of numbers; undefined for
 * anything else.
 */
export function bytesOf(value: unknown): Buffer | undefined {
  if (typeof value === 'string') return Buffer.from(value);
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return Buffer.from(value.map(Number));
  return undefined;
}

/** Copies the bytes into a buffer that only the script uses. */
export function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return copy;
}

/**
 * Returns the own properties of an object as texts (headers, tags, cookies), without undefined and
 * null values.
 */
export function textEntries(value: unknown): [string, string][] {
  if (!isObject(value)) return [];
  return Object.entries(value)
    .filter(([, text]) => text !== undefined && text !== null)
    .map(([key, text]) => [key, Array.isArray(text) ? text.map(String).join(', ') : String(text)]);
}

/** Freezes a JSON value recursively. */
export function freezeDeep<T>(value: T): T {
  if (isObject(value)) for (const part of Object.values(value)) freezeDeep(part);
  return Object.freeze(value);
}

/**
 * Reads the tags that a script passes to a function; undefined and null mean none. Throws if they
 * are not an object.
 */
export function tagsArgument(what: string, value: unknown): Tags {
  if (value === undefined || value === null) return NONE;
  if (!isObject(value) || Array.isArray(value)) throw wrongType(what, value, 'an object of tags');
  return new Map(textEntries(value));
}

const NONE: Tags = new Map();

/** Encodes names and values as a query, sorted by name and escaped like Go's `url.Values`. */
export function encodeValues(values: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return pairs
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one: unknown) => [name, String(one)]))
    .map((pair) => pair.map((text) => escaped(text)).join('='))
    .join('&');
}

function escaped(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString())
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

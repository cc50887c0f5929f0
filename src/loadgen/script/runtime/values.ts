import type { ScriptFunction } from './guard.js';
import type { Tags } from '../../metric/series.js';

/**
 * The words in which k6's modules refuse arguments; what a test script may look for in them is the
 * name of the function and the rule.
 */

/** The Go-like name of a value's type, as k6 names it in messages. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'undefined';
  if (Array.isArray(value)) return 'array';
  if (ArrayBuffer.isView(value)) return value.constructor.name;
  if (value instanceof ArrayBuffer) return 'ArrayBuffer';
  return typeof value;
}

/** A function that needs a virtual user was called while the script was being loaded. */
export function notInInit(what: string): Error {
  return new Error(`using ${what} in the init context is not supported`);
}

/** Something that belongs to loading was done by a virtual user. */
export function onlyInInit(what: string): Error {
  return new Error(`${what} can only be used in the init context`);
}

/** Group and check names are joined with `::`. */
export function badPathName(): Error {
  return new Error("group and check names may not contain '::'");
}

/** `group` and `check` end when their callback returns, so it must not be asynchronous. */
export function noAsyncCallback(what: string): TypeError {
  return new TypeError(`${what}() does not support async functions as arguments`);
}

/** An argument is of another type than the function takes. */
export function wrongType(what: string, value: unknown, wanted: string): TypeError {
  return new TypeError(`${what}: ${wanted} was expected, and it got ${typeName(value)}`);
}

/**
 * Values of scripts, narrowed by hand: whatever a script gives a module passes through one of
 * these.
 */
export function isFunction(value: unknown): value is ScriptFunction {
  return typeof value === 'function';
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** A property of whatever was given; undefined of what has none. */
export function property(value: unknown, name: string): unknown {
  return isObject(value) || typeof value === 'function' ? Reflect.get(value, name) : undefined;
}

/** The name of a value's type as k6 shows it to scripts: `String`, `Array`, `Uint8Array`. */
export function typedName(value: unknown): string {
  if (value === null) return 'null';
  if (isObject(value)) return value.constructor?.name ?? 'Object';
  const name = typeof value;
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** Any value as a text, as `String` makes it. */
export function asText(value: unknown): string {
  return String(value);
}

/**
 * The bytes of a string (UTF-8), ArrayBuffer, typed array or list of numbers; undefined for
 * anything else.
 */
export function bytesOf(value: unknown): Buffer | undefined {
  if (typeof value === 'string') return Buffer.from(value);
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return Buffer.from(value.map(Number));
  return undefined;
}

/** A copy of the bytes that belongs to the script alone. */
export function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return copy;
}

/** An object's own texts: headers, tags, cookies. Undefined and null count as not there. */
export function textEntries(value: unknown): [string, string][] {
  if (!isObject(value)) return [];
  return Object.entries(value)
    .filter(([, text]) => text !== undefined && text !== null)
    .map(([key, text]) => [key, Array.isArray(text) ? text.map(String).join(', ') : String(text)]);
}

/** Freezes a value of JSON and all in it. */
export function freezeDeep<T>(value: T): T {
  if (isObject(value)) for (const part of Object.values(value)) freezeDeep(part);
  return Object.freeze(value);
}

/**
 * The tags that a script gives a function; undefined and null are none. Throws when they are no
 * object.
 */
export function tagsArgument(what: string, value: unknown): Tags {
  if (value === undefined || value === null) return NONE;
  if (!isObject(value) || Array.isArray(value)) throw wrongType(what, value, 'an object of tags');
  return new Map(textEntries(value));
}

const NONE: Tags = new Map();

/** Names and values as a query, sorted by name, escaped as Go's `url.Values` does. */
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

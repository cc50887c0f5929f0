import { isRecord } from '../core/is-record.js';

/**
 * Checks a value of parsed JSON and returns it typed; throws a plain `Error` for a value of another
 * shape. A report reads a record for each second of a run and has to start quickly, so these few
 * functions stand here instead of a validation library.
 */
export type Shape<T> = (value: unknown) => T;

export const text: Shape<string> = (value) => {
  if (typeof value !== 'string') throw unlike('a string');
  return value;
};

/** A finite number. */
export const number: Shape<number> = (value) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw unlike('a number');
  return value;
};

export const flag: Shape<boolean> = (value) => {
  if (typeof value !== 'boolean') throw unlike('true or false');
  return value;
};

export const anything: Shape<unknown> = (value) => value;

export function oneOf<const T extends string>(...words: readonly T[]): Shape<T> {
  return (value) => {
    const word = words.find((known) => known === value);
    if (word === undefined) throw unlike(`one of ${words.join(', ')}`);
    return word;
  };
}

/** A key that may be missing. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value) => (value === undefined ? undefined : shape(value));
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value) => (value === null ? null : shape(value));
}

export function listOf<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw unlike('a list');
    return value.map((one) => shape(one));
  };
}

/**
 * An object with any keys, whose values have one shape. The values are replaced in the object that
 * is given: a run has such an object for each second.
 */
export function recordOf<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  const checkAll: CheckAll<T> = (fields) => {
    for (const key of Object.keys(fields)) {
      if (key === '__proto__') delete fields[key];
      else fields[key] = shape(fields[key]);
    }
  };
  return (value) => {
    const fields = fieldsOf(value);
    checkAll(fields);
    return fields;
  };
}

type CheckAll<T> = (fields: Record<string, unknown>) => asserts fields is Record<string, T>;

/** An object with these keys in this order; others are left out, since newer versions may add some. */
export function objectOf<T extends object>(shapes: { readonly [Key in keyof T]-?: Shape<T[Key]> }): Shape<T> {
  const entries = Object.entries<Shape<unknown>>(shapes);
  const fill: Fill<T> = (result, given) => {
    for (const [key, shape] of entries) {
      const own = shape(given[key]);
      if (own !== undefined || key in given) result[key] = own;
    }
  };
  return (value) => {
    const result = {};
    fill(result, fieldsOf(value));
    return result;
  };
}

/** Fills an object with the checked fields of another one. */
type Fill<T> = (
  result: Record<string, unknown>,
  given: Readonly<Record<string, unknown>>,
) => asserts result is T & Record<string, unknown>;

/** The fields of an object. */
export function fieldsOf(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw unlike('an object');
  return value;
}

function unlike(expected: string): Error {
  return new Error(`a value must be ${expected}`);
}

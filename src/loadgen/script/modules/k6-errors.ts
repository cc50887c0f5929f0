/** The words in which k6's modules refuse arguments; what a test script may look for in them is the name of the function and the rule. */

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

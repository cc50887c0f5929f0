/** The k6 modules that a script may import. */
export const K6_MODULES: readonly string[] = [
  'k6',
  'k6/ws',
  'k6/websockets',
  'k6/experimental/websockets',
  'k6/http',
  'k6/metrics',
  'k6/execution',
  'k6/data',
  'k6/encoding',
  'k6/crypto',
  'k6/timers',
  'k6/html',
];

/** The built-in libraries of jslib.k6.io. Any version in the address is accepted. */
export const JSLIB_LIBRARIES: readonly string[] = ['k6-utils', 'k6-summary', 'papaparse', 'url', 'uuid'];

const JSLIB_ADDRESS = /^https:\/\/jslib\.k6\.io\/([a-z0-9-]+)\/[^/]+\/index\.js$/;

/** Returns the built-in library of a jslib.k6.io address; undefined for any other address. */
export function jslibLibrary(address: string): string | undefined {
  const name = JSLIB_ADDRESS.exec(address)?.[1];
  return name !== undefined && JSLIB_LIBRARIES.includes(name) ? name : undefined;
}

/** Whether an import names a k6 module, supported or not. */
export function isK6Name(name: string): boolean {
  return name === 'k6' || name.startsWith('k6/');
}

/** Whether an import is fetched over the network. */
export function isRemote(name: string): boolean {
  return /^https?:\/\//.test(name);
}

/**
 * JavaScript's own globals, and those Web APIs that scripts may use although k6 lacks them. Node's
 * other globals are hidden.
 */
export const PERMITTED_GLOBALS: readonly string[] = `
  Object Function Array Number Boolean String Symbol BigInt Date RegExp Promise Map Set WeakMap WeakSet WeakRef
  FinalizationRegistry Proxy Reflect JSON Math Intl Error AggregateError EvalError RangeError ReferenceError
  SyntaxError TypeError URIError ArrayBuffer SharedArrayBuffer DataView Atomics WebAssembly Iterator Int8Array
  Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array
  BigInt64Array BigUint64Array undefined NaN Infinity eval isFinite isNaN parseFloat parseInt decodeURI
  decodeURIComponent encodeURI encodeURIComponent escape unescape atob btoa structuredClone queueMicrotask
  performance URL URLSearchParams TextEncoder TextDecoder AbortController AbortSignal Event EventTarget
  DOMException Blob crypto ReadableStream WritableStream TransformStream CompressionStream DecompressionStream
`
  .trim()
  .split(/\s+/);

/** The modules of k6 that a script may import here. */
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

/** The libraries of jslib.k6.io that are built in, whatever version the address names. */
export const JSLIB_LIBRARIES: readonly string[] = ['k6-utils', 'k6-summary', 'papaparse', 'url', 'uuid'];

const JSLIB_ADDRESS = /^https:\/\/jslib\.k6\.io\/([a-z0-9-]+)\/[^/]+\/index\.js$/;

/**
 * The built-in library that an address of jslib.k6.io stands for; undefined for any other address.
 */
export function jslibLibrary(address: string): string | undefined {
  const name = JSLIB_ADDRESS.exec(address)?.[1];
  return name !== undefined && JSLIB_LIBRARIES.includes(name) ? name : undefined;
}

/** Whether an import names a module of k6, known or not. */
export function isK6Name(name: string): boolean {
  return name === 'k6' || name.startsWith('k6/');
}

/** Whether an import goes over the network. */
export function isRemote(name: string): boolean {
  return /^https?:\/\//.test(name);
}

/**
 * Globals of JavaScript itself, and those of the Web that scripts may use although k6 has none.
 * Everything else of Node is hidden.
 */
export const BUILT_INS: readonly string[] = `
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

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

/** The built-in library that an address of jslib.k6.io stands for; undefined for any other address. */
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

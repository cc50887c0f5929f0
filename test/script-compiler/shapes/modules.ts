import type { Shape } from '../differential/shape.js';

/** Several files, TypeScript, JSON, npm packages, CommonJS. */
export const MODULE_SHAPES: readonly Shape[] = [
  {
    name: 'a local module with a default and a named export',
    script: `import login, { wait as pause } from './lib/login.js'; import * as lib from './lib/login.js'; export default () => { pause(1); return [login('u'), lib.wait(2), lib.default('v')]; };`,
    files: {
      'lib/login.js': `import { sleep } from 'k6'; import http from 'k6/http'; export const wait = (n) => { sleep(n); return n; }; export default function (user) { return http.get(user).url; }`,
    },
  },
  {
    name: 're-exports',
    script: `import { nap, http, all } from './index.js'; export default () => { nap(1); all.nap(2); return http.get('x').url; };`,
    files: {
      'index.js': `export { nap } from './nap.js'; export { default as http } from 'k6/http'; export * as all from './nap.js';`,
      'nap.js': `export { sleep as nap } from 'k6';`,
    },
  },
  {
    name: 'TypeScript with an enum, a namespace and types',
    entry: 'script.ts',
    script: `import { sleep } from 'k6'; enum Kind { A = 1, B } interface Data { start: number } namespace Tools { export function wait(n: number): number { sleep(n); return n; } } abstract class Base<T> { constructor(protected readonly value: T) {} abstract run(): T; } class Impl extends Base<number> { run(): number { return Tools.wait(this.value); } } export default (data: Data): number => new Impl(Kind.B).run() + data.start;`,
  },
  {
    name: 'JSON',
    script: `import { sleep } from 'k6'; import config from './config.json'; export default () => { sleep(config.seconds); return config; };`,
    files: { 'config.json': `{"seconds": 2, "name": "json"}` },
  },
  {
    name: 'an npm package',
    script: `import { each } from 'steps'; import { sleep } from 'k6'; export default () => each([1, 2], (n) => { sleep(n); return n; });`,
    files: {
      'node_modules/steps/package.json': `{"name":"steps","main":"main.js"}`,
      'node_modules/steps/main.js': `exports.each = function each(list, f) { var out = []; for (var i = 0; i < list.length; i++) out.push(f(list[i])); return out; };`,
    },
  },
  {
    name: 'CommonJS local modules',
    script: `const { sleep } = require('k6'); const lib = require('./lib.js'); const run = require('./run.js'); export default () => { sleep(1); return [lib.wait(2), run()]; };`,
    files: {
      'lib.js': `const k6 = require('k6'); module.exports = { wait: (n) => { k6.sleep(n); return n; } };`,
      'run.js': `const http = require('k6/http'); module.exports = () => http.get('run').url;`,
    },
  },
  {
    name: 'cyclic modules',
    script: `import { a } from './a.js'; export default () => a(2);`,
    files: {
      'a.js': `import { b } from './b.js'; import { sleep } from 'k6'; export const a = (n) => { sleep(1); return n > 0 ? b(n - 1) : 'a'; };`,
      'b.js': `import { a } from './a.js'; export const b = (n) => (n > 0 ? a(n - 1) : 'b');`,
    },
  },
  {
    name: 'names that collide with the wrapper',
    script: `import { sleep as console } from 'k6'; import { log as open } from './log.js'; const __wsg = 1; const require = 2; const __wsgRun = 3; export default () => { console(1); open('x'); return [__wsg, require, __wsgRun]; };`,
    files: { 'log.js': `export const log = (x) => console.log('logged', x);` },
  },
  {
    name: 'a named default that is also called',
    script: `import { sleep } from 'k6'; export default function main() { sleep(1); return 'main'; } export function again() { return main() + main(); }`,
    calls: ['default', 'again'],
  },
  {
    name: 'blocking at the top level',
    script: `import { sleep } from 'k6'; sleep(1); console.log('loaded'); const v = (() => { sleep(2); return 5; })(); export default () => v;`,
  },
];

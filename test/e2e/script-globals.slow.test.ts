import { describe, expect, it } from 'vitest';
import { consoleLines, runScriptFiles } from '../support/script-files.js';

/** Scripts, and the lines that k6 1.3.0 logs for one iteration of each. */
const SCRIPTS: readonly (readonly [name: string, script: string, lines: readonly string[]])[] = [
  [
    'looking for its global object',
    `const g = (function () { if (typeof window !== 'undefined') return window; if (typeof self !== 'undefined') return self;
       if (typeof global !== 'undefined') return global; return Function('return this')(); })();
     export default function () {
       console.log(g === globalThis, g === global, g.globalThis === g, Object.prototype.toString.call(g), g.Math === Math);
       console.log(typeof process, typeof window, 'process' in g, 'fetch' in g, Object.keys(g).includes('__ENV'), g.__VU);
     }`,
    ['true true true [object global] true', 'undefined undefined false false true 1'],
  ],
  [
    'making itself at home as in a browser or Node',
    `globalThis.process = { env: {}, nextTick: (f) => f() }; global.Buffer = { isBuffer: () => false }; globalThis.window = globalThis; self = window;
     export default function () { process.nextTick(() => console.log(Buffer.isBuffer(1), window.self === self, typeof process)); }`.replace(
      'self = window',
      'globalThis.self = window',
    ),
    ['false true object'],
  ],
  [
    'a UMD wrapper without modules',
    `(function (root, factory) { if (typeof define === 'function' && define.amd) define([], factory); else root.Lib = factory(); })(
       typeof self !== 'undefined' ? self : globalThis, function () { return { answer: 42 }; });
     export default function () { console.log(Lib.answer, typeof Lib, typeof NotLib); }`,
    ['42 object undefined'],
  ],
  [
    'names that it puts on the global object',
    `import { sleep } from 'k6';
     globalThis.wait = (n) => { sleep(n); return n; };
     Object.assign(global, { a: 1, b: 2 }); Object.defineProperty(globalThis, 'fixed', { value: 3 });
     export default function () {
       a++; [b] = [5]; ({ a = 9 } = {}); for (b of [7, 8]);
       const failures = [];
       for (const change of [() => { fixed = 4; }, () => { nowhere = 1; }, () => nowhere, () => nowhere()]) {
         try { change(); } catch (error) { failures.push(error.name); }
       }
       console.log(wait(0.001), { a, b }.b, a, fixed, failures.join(), typeof nowhere);
     }`,
    ['0.001 8 9 3 TypeError,ReferenceError,ReferenceError,ReferenceError undefined'],
  ],
  [
    'code that it compiles',
    `new Function('a', 'one = a; globalThis.two = a; this.three = a')(1); (0, eval)('four = 4; globalThis.five = 5');
     const add = new Function('a', 'b', 'return a + b');
     export default function () { console.log(one, two, three, four, five, add(1, 2), add.length, add instanceof Function, eval('1 + 1')); }`,
    ['1 1 1 4 5 3 2 true 2'],
  ],
  [
    'built-ins that it replaces',
    `globalThis.JSON = { stringify: () => 'own' }; globalThis.Date = class { static now() { return 6; } }; globalThis.Error = 5; globalThis.Array = undefined;
     export default function () { console.log(JSON.stringify({}), Date.now(), typeof Array, [1].map((x) => x + 1).join()); }`,
    ['own 6 undefined 2'],
  ],
  [
    'hidden globals of Node',
    `export default function () {
       for (const use of [() => process.exit(3), () => fetch('x'), () => new WebSocket('x'), () => Buffer.from('x'), () => setImmediate(use)]) {
         try { use(); } catch (error) { console.log(error.message); }
       }
     }`,
    ['process', 'fetch', 'WebSocket', 'Buffer', 'setImmediate'].map((name) => `${name} is not defined`),
  ],
];

describe('a script and the global object', () => {
  it.each(SCRIPTS)('as in k6: %s', async (_name, script, lines) => {
    const ending = await runScriptFiles({ 'script.js': script });
    expect(consoleLines(ending)).toEqual(lines);
    expect(ending.code).toBe(0);
    expect(ending.stdout).toMatch(/iterations\.+: 1 /);
  });

  it('is one for each virtual user', async () => {
    const ending = await runScriptFiles({
      'script.js': `globalThis.count = (globalThis.count || 0) + 1;
        export const options = { vus: 3, iterations: 3 };
        export default function () { count++; console.log(count); }`,
    });
    expect(consoleLines(ending)).toEqual(['2', '2', '2']);
  });
});

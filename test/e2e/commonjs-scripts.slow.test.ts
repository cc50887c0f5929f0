import { describe, expect, it } from 'vitest';
import { consoleLines, runScriptFiles } from '../support/script-files.js';

const FILES = {
  'lib.js': `const { sleep } = require('k6'); exports.wait = (n) => { sleep(n); return n; };`,
  'double.js': `module.exports = function (x) { return x * 2; };`,
  'data.json': '{ "a": 5 }',
};

/** Scripts and the lines that k6 1.3.0 logs for them, sorted. */
const SCRIPTS: readonly (readonly [name: string, script: string, lines: readonly string[]])[] = [
  [
    'exports.default and exports.options',
    `exports.options = { iterations: 2 }; exports.default = function () { console.log('hi', __ITER); };`,
    ['hi 0', 'hi 1'],
  ],
  [
    'module.exports with all that k6 calls, and what it requires',
    `const { sleep, check } = require('k6'); const lib = require('./lib.js'); const double = require('./double.js'); const data = require('./data.json');
     module.exports = { options: { vus: 2, iterations: 2 }, setup() { return { n: 1 }; }, teardown(d) { console.log('teardown', d.n); },
       default: function (d) { sleep(0.01); check(1, { one: (x) => x === 1 }); console.log(double(2), data.a, d.n, lib.wait(0.01)); } };`,
    ['4 5 1 0.01', '4 5 1 0.01', 'teardown 1'],
  ],
  [
    'the output of a TypeScript compiler',
    `"use strict"; Object.defineProperty(exports, "__esModule", { value: true }); exports.options = void 0; exports.default = main; exports.setup = setup;
     var k6 = require("k6"); var http_1 = require("k6/http"); exports.options = { iterations: 1 };
     function setup() { return 3; } function main(data) { k6.sleep(0.01); console.log(data, typeof http_1.get); }`,
    ['3 function'],
  ],
  [
    'the output of webpack',
    `(() => { "use strict"; var e = { d: (t, o) => { for (var n in o) Object.defineProperty(t, n, { enumerable: !0, get: o[n] }) } }, t = {};
       e.d(t, { default: () => r, options: () => n }); const o = require("k6"); const n = { vus: 2, iterations: 2 };
       function r() { o.sleep(.01), console.log("packed") } var a = exports; for (var i in t) a[i] = t[i]; })();`,
    ['packed', 'packed'],
  ],
  [
    'names that are computed, for several scenarios',
    `for (const name of ['one', 'two']) exports[name] = function () { console.log(name); };
     exports.options = { scenarios: { one: { executor: 'per-vu-iterations', exec: 'one' }, two: { executor: 'shared-iterations', exec: 'two' } } };`,
    ['one', 'two'],
  ],
  [
    'open, metrics and thresholds',
    `const text = open('./data.json'); const { Counter } = require('k6/metrics'); const own = new Counter('own');
     exports.default = () => { own.add(2); console.log(JSON.parse(text).a); }; exports.options = { thresholds: { own: ['count>=2'] } };`,
    ['5'],
  ],
  [
    'modules that are not there, where nothing needs them',
    `try { require('not-there'); } catch (error) { console.log('caught'); } if (false) require('stream');
     exports.default = () => console.log('ran');`,
    // Logged twice: when the options are read, and for the virtual user.
    ['caught', 'caught', 'ran'],
  ],
];

describe('a CommonJS script', () => {
  it.each(SCRIPTS)('runs as in k6: %s', async (_name, script, lines) => {
    const ending = await runScriptFiles({ 'script.js': script, ...FILES });
    expect(ending.stderr).not.toMatch(/level=error/);
    expect(consoleLines(ending).toSorted()).toEqual(lines);
    expect(ending.code).toBe(0);
  });

  it('prints the summary that its handleSummary returns', async () => {
    const script = `exports.default = function () {}; exports.handleSummary = (data) => ({ stdout: 'metrics: ' + typeof data.metrics });`;
    const { code, stdout } = await runScriptFiles({ 'script.cjs': script });
    expect(stdout).toMatch(/^metrics: object/);
    expect(code).toBe(0);
  });

  it('cannot also be an ECMAScript module', async () => {
    const script = `import { sleep } from 'k6'; exports.options = {}; export default function () { sleep(0); }`;
    const { code, stderr } = await runScriptFiles({ 'script.js': script });
    expect(stderr).toMatch(/exports is not defined: the file has import or export/);
    expect(code).toBe(107);
  });

  it('is refused when it exports nothing to run', async () => {
    const { code, stderr } = await runScriptFiles({ 'script.js': `module.exports = function () {};` });
    expect(stderr).toMatch(/function 'default' not found in exports/);
    expect(code).toBe(104);
  });
});

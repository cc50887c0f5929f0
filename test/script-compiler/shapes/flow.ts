import type { Shape } from '../differential/shape.js';

const HEAD = `import { sleep } from 'k6';\nimport http from 'k6/http';\n`;

/** Ways in which functions flow through a program. */
export const FLOW_SHAPES: readonly Shape[] = [
  {
    name: 'a function passed to a user function',
    script: `${HEAD}function twice(f) { f(1); return f(2); } export default () => twice((n) => { sleep(n); return n; });`,
  },
  {
    name: 'a function returned from a function',
    script: `${HEAD}const waiter = (n) => () => { sleep(n); return n; }; export default () => waiter(3)();`,
  },
  {
    name: 'a function in a map',
    script: `${HEAD}const steps = new Map([['a', () => { sleep(1); return 'A'; }]]); steps.set('b', () => { sleep(2); return 'B'; }); export default () => [steps.get('a')(), steps.get('b')(), [...steps.values()].map((f) => f())];`,
  },
  {
    name: 'a table of handlers by name',
    script: `${HEAD}const handlers = { slow: () => { sleep(1); return 's'; }, fast: () => 'f' }; export default () => ['slow', 'fast'].map((k) => handlers[k]());`,
  },
  {
    name: 'a pipeline',
    script: `${HEAD}const pipe = (...fns) => (x) => fns.reduce((v, f) => f(v), x); const run = pipe((x) => x + 1, (x) => { sleep(x); return x * 2; }); export default () => run(1);`,
  },
  {
    name: 'a retry with a callback',
    script: `${HEAD}function retry(times, f) { for (let i = 0; ; i++) { try { return f(i); } catch (e) { console.log('retry', e.message); if (i >= times) throw e; sleep(i); } } } export default () => retry(3, (i) => { if (i < 2) throw new Error('n' + i); return http.get('x').status; });`,
  },
  {
    name: 'recursion',
    script: `${HEAD}function count(n) { if (n === 0) return 0; sleep(n); return 1 + count(n - 1); } export default () => count(3);`,
  },
  {
    name: 'mutual recursion',
    script: `${HEAD}const even = (n) => (n === 0 ? (sleep(1), true) : odd(n - 1)); const odd = (n) => (n === 0 ? false : even(n - 1)); export default () => [even(4), odd(3), even(3)];`,
  },
  {
    name: 'a function assigned later',
    script: `${HEAD}let action = () => 'none'; export function setup() { action = () => { sleep(1); return 'later'; }; return action(); } export default () => action();`,
    calls: ['default', 'setup', 'default'],
  },
  {
    name: 'destructured functions',
    script: `${HEAD}const { a, ...rest } = { a: () => { sleep(1); return 1; }, b: () => { sleep(2); return 2; } }; const [first] = [a]; export default () => [a(), rest.b(), first()];`,
  },
  {
    name: 'spread and Object.assign',
    script: `${HEAD}const base = { go: () => { sleep(1); return 'go'; } }; const more = { ...base }; const last = Object.assign({}, more); export default () => [more.go(), last.go()];`,
  },
  {
    name: 'Object.entries of a table',
    script: `${HEAD}const tests = { a: () => { sleep(1); return 1; }, b: () => 2 }; export default () => { const out = {}; for (const [name, run] of Object.entries(tests)) out[name] = run(); return out; };`,
  },
  {
    name: 'arguments and rest',
    script: `${HEAD}function call() { return arguments[0](arguments[1]); } const rest = (...all) => all[0](); export default () => [call((n) => { sleep(n); return n; }, 2), rest(() => { sleep(1); return 'r'; })];`,
  },
  {
    name: 'an alias of sleep',
    script: `import { sleep as nap } from 'k6'; import * as k6 from 'k6'; import def from 'k6'; const s = nap; export default () => { s(1); k6.sleep(2); def.sleep(3); [nap][0](4); };`,
  },
  {
    name: 'an alias of the http module',
    script: `${HEAD}const client = http; const { get } = client; export default () => [client.get('a').url, get('b').url, http['post']('c').url, http.batch(['d', 'e']).length];`,
  },
  {
    name: 'a method chosen at run time',
    script: `${HEAD}export default () => { const out = []; for (const m of ['get', 'post']) out.push(http[m](m).url); return out; };`,
  },
  {
    name: 'an immediately called function',
    script: `${HEAD}export default () => { const v = (function () { sleep(1); return 1; })(); const w = (() => { sleep(2); return 2; })(); return v + w; };`,
  },
  {
    name: 'memo by closure',
    script: `${HEAD}const once = (f) => { let v; let done = false; return () => { if (!done) { v = f(); done = true; } return v; }; }; const token = once(() => http.get('token').status); export default () => [token(), token()];`,
  },
];

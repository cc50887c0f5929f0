import type { Shape } from '../differential/shape.js';

const using = (body: string): string =>
  `import { sleep, group, check } from 'k6';\nimport http from 'k6/http';\nconst slow = (v) => { console.log('slow ' + String(v)); sleep(1); return v; };\nexport default function () {\n${body}\n}`;

/** Functions that flow through objects, classes, callbacks and modules. */
export const THIRD_VALUE_SHAPES: readonly Shape[] = [
  {
    name: 'bind of bind, call of apply',
    script: using(
      `const f = function (...a) { sleep(1); return [this?.n, ...a]; }; const b = f.bind({ n: 1 }, 'a').bind({ n: 2 }, 'b'); return [b('c'), f.call.call(f, { n: 3 }, 'x'), f.apply.call(f, { n: 4 }, ['y']), Function.prototype.call.apply(f, [{ n: 5 }, 'z'])];`,
    ),
  },
  {
    name: 'functions in a Map, a WeakMap, a Set and behind a symbol',
    script: using(
      `const key = {}; const sym = Symbol('s'); const m = new Map([['a', (v) => slow(v + 1)]]); m.set('b', sleep); const w = new WeakMap(); w.set(key, slow); const s = new Set([slow]); const o = { [sym](v) { return slow(v); } }; m.get('b')(1); const [first] = s; return [m.get('a')(1), w.get(key)(3), first(4), o[sym](5), [...m.values()][0](6)];`,
    ),
  },
  {
    name: 'reduce without a start, and with functions as elements',
    script: using(
      `return [[1, 2, 3].reduce((a, b) => slow(a + b)), [slow, (v) => slow(v * 2)].reduce((v, f) => f(v), 5), [slow, (v) => v + 1].reduce((f, g) => (x) => g(f(x)))(9)];`,
    ),
  },
  {
    name: 'callbacks that change the array under the loop',
    script: using(
      `const a = [1, 2, 3]; const seen = []; a.forEach((v, i, all) => { sleep(1); seen.push(v); if (i === 0) { all.pop(); all.push(7, 8); } }); const b = [1, , 3]; const mapped = b.map((v) => slow(v)); return [seen, a, mapped.length, 1 in mapped, b.findLast((v) => slow(v) === undefined)];`,
    ),
  },
  {
    name: 'thisArg of array callbacks',
    script: using(
      `return [[1].map(function (v) { sleep(1); return this.k + v; }, { k: 5 }), [1, 2].filter(function (v) { sleep(1); return v > this.min; }, { min: 1 }), Array.from([1, 2], function (v) { return slow(v + this.k); }, { k: 1 })];`,
    ),
  },
  {
    name: 'private methods, private static and the brand check',
    script: using(
      `class A { #v = 1; static #count = 0; #wait(n) { sleep(n); return this.#v + n; } static #up() { sleep(1); return ++A.#count; } run() { return [this.#wait(2), A.#up(), #wait in this]; } static has(o) { sleep(1); return #v in o; } } return [new A().run(), A.has({}), A.has(new A())];`,
    ),
  },
  {
    name: 'super in objects and statics, three levels up',
    script: using(
      `class A { static make(v) { sleep(1); return new this(v); } constructor(v) { this.v = v; } hi() { sleep(1); return 'A' + this.v; } } class B extends A { hi() { return 'B' + super.hi(); } } class C extends B { static make(v) { return super.make(v + 1); } hi() { const up = () => super.hi(); return 'C' + up(); } } const o = { __proto__: { m() { return slow('proto'); } }, m() { return super.m() + '!'; } }; return [C.make(1).hi(), o.m(), C.make(1).constructor === C];`,
    ),
  },
  {
    name: 'a class whose methods have computed and blocking keys',
    script: using(
      `const key = (k) => { sleep(1); return k; }; class A { [key('a')]() { return slow('in a'); } static [key('b')](v) { return slow(v); } ['c' + 1]() { sleep(1); return 'c1'; } } const o = { [key('d')]: () => slow('d'), [key('e')]() { return slow('e'); } }; return [new A().a(), A.b(2), new A().c1(), o.d(), o.e()];`,
    ),
  },
  {
    name: 'a mixin and a class made in a function',
    script: using(
      `const Slow = (Base) => class extends Base { wait(n) { sleep(n); return super.name2() + n; } }; class Plain { name2() { return slow('plain'); } } const Mixed = Slow(Slow(Plain)); return [new Mixed().wait(1), new (Slow(Plain))().wait(2)];`,
    ),
  },
  {
    name: 'Reflect.construct, Reflect.get and Object.entries of functions',
    script: using(
      `class A { constructor(v) { this.v = v; } m() { return slow(this.v); } } const o = { a: (v) => slow(v), b: sleep }; const out = Object.entries(o).map(([k, f]) => [k, f(1)]); return [Reflect.construct(A, [4]).m(), Reflect.get(o, 'a')(2), out, Object.values(o)[0](3), Object.fromEntries(Object.entries(o)).a(8)];`,
    ),
  },
  {
    name: 'a proxy without traps and one whose get gives functions',
    script: using(
      `const p = new Proxy({ m: (v) => slow(v) }, {}); const q = new Proxy({}, { get: (t, name) => (v) => slow(name + v) }); return [p.m(1), q.any(2)];`,
    ),
  },
  {
    name: 'an iterator of its own that hands out blocking functions',
    script: using(
      `const steps = { *[Symbol.iterator]() { yield () => slow('a'); yield* [() => slow('b'), sleep]; } }; const out = []; for (const f of steps) out.push(f(1)); const [x] = steps; out.push(x()); return [out, [...steps].length];`,
    ),
  },
  {
    name: 'a generator resumed between blocking calls, with values passed in',
    script: using(
      `function* g() { const a = yield 1; const b = yield a + 1; return a + b; } const it = g(); const out = [it.next().value]; sleep(1); out.push(it.next(slow(5)).value); out.push(it.next(slow(6))); return out;`,
    ),
  },
  {
    name: 'JSON, sort and replace that do not block, beside blocking calls',
    script: using(
      `const data = JSON.parse(slow('{"b":[3,1,2]}'), (k, v) => (Array.isArray(v) ? v.sort((a, b) => a - b) : v)); sleep(1); return [JSON.stringify(slow(data), (k, v) => v), 'xaxb'.replace(/x(.)/g, (all, c) => c.toUpperCase()) + slow('!')];`,
    ),
  },
  {
    name: 'valueOf and toString beside blocking calls in arithmetic',
    script: using(
      `const log = []; const v = (n) => ({ valueOf() { log.push(n); return n; }, toString() { return 's' + n; } }); const r = v(1) + slow(2) + v(3); const s = \`\${v(4)}\${slow('x')}\`; return [r, s, log, slow(v(5)) * 2];`,
    ),
  },
  {
    name: 'namespace objects of a cycle, re-exports under other names',
    script: `import * as all from './index.js'; import pick, { renamed as again } from './index.js'; const { step } = all; export default () => [step(2), pick('p'), again(1), all.inner.step(0), Object.keys(all).sort()];`,
    files: {
      'index.js': `export { step, step as renamed } from './a.js'; export * as inner from './a.js'; export { default } from './b.js';`,
      'a.js': `import pick, { back } from './b.js'; import { sleep } from 'k6'; export function step(n) { sleep(1); return n > 0 ? back(n - 1) : pick('end'); }`,
      'b.js': `import * as a from './a.js'; import http from 'k6/http'; export const back = (n) => a.step(n); export default (v) => http.get(v).url;`,
    },
  },
  {
    name: 'a live binding that changes while something blocks',
    script: `import { count, bump } from './state.js'; import { sleep } from 'k6'; export default () => { const before = count; bump(); sleep(1); const args = [count, bump(), count]; return [before, args]; };`,
    files: {
      'state.js': `import { sleep } from 'k6'; export let count = 0; export const bump = () => { count++; sleep(1); return count++; };`,
    },
  },
  {
    name: 're-entrancy: a blocking callback that calls what is running',
    script: using(
      `let depth = 0; const run = (n, f) => { depth++; const seen = depth; const r = f(n); sleep(1); depth--; return [seen, r]; }; const again = (n) => (n > 0 ? run(n - 1, again) : group('deepest', () => { sleep(2); return check(n, { zero: (v) => slow(v) === 0 }); })); return run(2, again);`,
    ),
  },
  {
    name: 'a then callback that throws beside a blocking call',
    script: using(
      `const out = []; const p = Promise.resolve(1).then(() => { throw new Error('job'); }).catch((e) => { out.push(e.message); sleep(1); return 2; }).finally(() => { sleep(1); out.push('finally'); }); sleep(3); out.push('slept'); return p.then((v) => [v, ...out]);`,
    ),
  },
  {
    name: 'a function replaced by a wrapper of itself',
    script: using(
      `const timed = (f) => function (...a) { const r = f.apply(this, a); console.log('timed'); return r; }; const o = { n: 1, m(v) { sleep(v); return this.n + v; } }; o.m = timed(o.m); const api = { ...o }; for (const k of Object.keys(api)) if (typeof api[k] === 'function') api[k] = timed(api[k]); return [o.m(1), api.m(2)];`,
    ),
  },
  {
    name: 'memoised, debounced and partially applied',
    script: using(
      `const memo = (f) => { const known = {}; return (k) => (k in known ? known[k] : (known[k] = f(k))); }; const get = memo((u) => http.get(u).url); const partial = (f, ...a) => (...b) => f(...a, ...b); const once = (f) => { let done; return () => (done ??= f()); }; const o = once(() => slow('once')); return [get('a'), get('a'), partial((a, b) => slow(a + b), 1)(2), o(), o()];`,
    ),
  },
];

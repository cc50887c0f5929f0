import type { Shape } from '../differential/shape.js';

const HEAD = `import { sleep, group, check, fail } from 'k6';\nimport http from 'k6/http';\nimport ws from 'k6/ws';\nconst slow = (v) => { sleep(1); return v; };\n`;
const using = (body: string): string => `${HEAD}export default function () {\n${body}\n}`;

/** Hard cases: functions in data, order of evaluation, code patterns of libraries. */
export const HOSTILE_DATA_SHAPES: readonly Shape[] = [
  {
    name: 'a linked list of tasks',
    script: using(
      `let head = null; const add = (f) => { head = { f, next: head }; }; add(() => slow('a')); add(() => 'b'); add(() => slow('c')); const out = []; for (let n = head; n; n = n.next) out.push(n.f()); return out;`,
    ),
  },
  {
    name: 'a state machine whose states return the next',
    script: using(
      `const start = () => { sleep(1); return middle; }; const middle = () => end; const end = () => { sleep(2); return null; }; let n = 0; for (let s = start; s; s = s()) n++; return n;`,
    ),
  },
  {
    name: 'a trampoline',
    script: using(
      `const bounce = (f) => { while (typeof f === 'function') f = f(); return f; }; const sum = (n, acc) => (n === 0 ? acc : () => { sleep(1); return sum(n - 1, acc + n); }); return bounce(sum(4, 0));`,
    ),
  },
  {
    name: 'continuations',
    script: using(
      `const add = (a, b, k) => { sleep(1); return k(a + b); }; return add(1, 2, (x) => add(x, 3, (y) => y * 10));`,
    ),
  },
  {
    name: 'callbacks first in the way of Node',
    script: using(
      `const read = (name, done) => { try { if (name === 'bad') throw new Error(name); sleep(1); done(null, name); } catch (e) { done(e); } }; const out = []; read('a', (e, v) => { out.push([e && e.message, slow(v)]); }); read('bad', (e, v) => out.push([e.message, v])); return out;`,
    ),
  },
  {
    name: 'an error thrown through a callback of map and rethrown by finally',
    script: using(
      `const out = []; try { [1, 2, 3].map((x) => { try { if (slow(x) === 2) throw new Error('two'); out.push(x); } finally { out.push('f' + x); } }); } catch (e) { out.push(e.message); } return out;`,
    ),
  },
  {
    name: 'a return within finally in a loop within a callback',
    script: using(
      `return [1, 2, 3].map((n) => { for (const x of [n, n * 2]) { try { slow(x); } finally { if (x > 2) return 'r' + x; continue; } } return 'end'; });`,
    ),
  },
  {
    name: 'indexOf and includes on functions',
    script: using(
      `const f = () => slow(1); const g = () => 2; const all = [f, g]; return [all.indexOf(f), all.includes(g), all[all.indexOf(f)](), all.findLast((h) => h === g)()];`,
    ),
  },
  {
    name: 'functions as keys and values of one map',
    script: using(
      `const f = () => slow('f'); const m = new Map([[f, (k) => k() + slow('!')]]); const out = []; for (const [k, v] of m) out.push(v(k)); m.forEach((v, k) => out.push(v(k))); return out;`,
    ),
  },
  {
    name: 'a class whose methods are wrapped one by one',
    script: using(
      `class Api { get(x) { return slow('get ' + x); } put(x) { return 'put ' + x; } } for (const name of ['get', 'put']) { const original = Api.prototype[name]; Api.prototype[name] = function (...args) { return '<' + original.apply(this, args) + '>'; }; } const api = new Api(); return [api.get(1), api.put(2)];`,
    ),
  },
  {
    name: 'a decorator by hand that counts and times',
    script: using(
      `const counted = (f) => { const g = function (...a) { g.calls += 1; return f.apply(this, a); }; g.calls = 0; return g; }; const c = counted((x) => slow(x)); c(1); c(2); return c.calls;`,
    ),
  },
  {
    name: 'curry by length',
    script: using(
      `const curry = (f) => function go(...a) { return a.length >= f.length ? f(...a) : (...b) => go(...a, ...b); }; const add = curry((a, b, c) => slow(a + b + c)); return [add(1)(2)(3), add(1, 2)(3), add(1, 2, 3)];`,
    ),
  },
  {
    name: 'compose from the right and flow from the left',
    script: using(
      `const compose = (...fs) => (x) => fs.reduceRight((v, f) => f(v), x); const flow = (...fs) => (x) => fs.reduce((v, f) => f(v), x); const inc = (x) => slow(x + 1); const dbl = (x) => x * 2; return [compose(inc, dbl)(5), flow(inc, dbl)(5)];`,
    ),
  },
  {
    name: 'a throttled cache with nested ternaries',
    script: using(
      `const cache = {}; const get = (k) => (k in cache ? cache[k] : k === 'x' ? (cache[k] = slow(1)) : k === 'y' ? slow((cache[k] = 2)) : undefined); return [get('x'), get('x'), get('y'), get('y'), get('z'), cache];`,
    ),
  },
  {
    name: 'delete, in and void around calls',
    script: using(
      `const o = { a: 1, b: 2 }; const key = () => slow('a'); return [delete o[key()], key() in o, void key(), Object.keys(o), typeof slow(Symbol.iterator)];`,
    ),
  },
  {
    name: 'exponent, unary and bitwise operators',
    script: using(
      `return [slow(2) ** slow(3), -slow(2), +slow('3'), ~slow(5), !slow(0), (-slow(2)) ** 2, slow(7) >>> slow(1), slow(6) ^ slow(3)];`,
    ),
  },
  {
    name: 'compound assignments to members of results',
    script: using(
      `const o = { n: 1, list: [1] }; const at = () => { sleep(1); return o; }; at().n += slow(2); at()['n'] *= at().n; at().list[slow(0)]++; --at().list[slow(0)]; at().m ??= slow(4); at().m &&= slow(5); at().m ||= slow(6); return o;`,
    ),
  },
  {
    name: 'destructuring with computed keys and nested defaults',
    script: using(
      `const k = () => slow('key'); const { [k()]: { a = slow('A'), ...rest } = { b: slow('B') }, other: [x = slow(1), ...more] = [undefined, 2, 3] } = {}; return [a, rest, x, more];`,
    ),
  },
  {
    name: 'destructuring in for-of, for-in and catch',
    script: using(
      `const out = []; for (const { a, b = slow('B') } of [{ a: 1 }, { a: 2, b: 3 }]) out.push(a, b); for (const [first] in { xy: 1, zw: slow(2) }) out.push(first); try { throw { code: slow(7), list: [1] }; } catch ({ code, list: [one] }) { out.push(code, one); } return out;`,
    ),
  },
  {
    name: 'for-of over a live set, with deletion',
    script: using(
      `const s = new Set([1, 2, 3]); const out = []; for (const x of s) { out.push(slow(x)); if (x === 1) { s.delete(2); s.add(4); } if (s.size > 10) break; } return out;`,
    ),
  },
  {
    name: 'an iterator whose return is called on break',
    script: using(
      `const out = []; const it = { [Symbol.iterator]() { let n = 0; return { next: () => ({ value: n++, done: n > 5 }), return() { out.push('closed'); return {}; } }; } }; for (const x of it) { out.push(slow(x)); if (x === 1) break; } const [a] = it; out.push(a); return out;`,
    ),
  },
  {
    name: 'a generator driven by hand with what was fetched',
    script: using(
      `function* plan() { const a = yield 'u1'; const b = yield 'u' + a; return a + b; } const g = plan(); let step = g.next(); while (!step.done) step = g.next(http.get(step.value).status); return step.value;`,
    ),
  },
  {
    name: 'a generator that delegates, its values slept over',
    script: using(
      `function* inner() { yield 1; yield 2; return 3; } function* outer() { const r = yield* inner(); yield r; } const out = []; for (const x of outer()) out.push(slow(x)); return [...out, ...outer()];`,
    ),
  },
  {
    name: 'labels on blocks, loops and switches at once',
    script: using(
      `const out = []; outer: for (const a of [1, 2, 3]) { inner: for (const b of [1, 2, 3]) { switch (slow(a * b)) { case 2: continue outer; case 6: break outer; case 1: break; default: continue inner; } out.push([a, b]); } out.push('row'); } return out;`,
    ),
  },
  {
    name: 'switch with calls as cases, default in the middle, and lexical names',
    script: using(
      `const out = []; const pick = (v) => { switch (v) { case slow(1): { const x = slow('one'); return x; } default: let y = 'other'; out.push(y); case slow(3): return slow('three'); case slow(2): return 'two'; } }; return [pick(1), pick(2), pick(3), pick(9), out];`,
    ),
  },
  {
    name: 'do-while whose condition waits, with continue',
    script: using(
      `let n = 0; const out = []; do { n += 1; if (n === 2) continue; out.push(n); } while (slow(n) < 4); return out;`,
    ),
  },
  {
    name: 'closures over loop variables that are changed while waiting',
    script: using(
      `const fs = []; for (let i = 0; i < slow(3); i += slow(1)) { fs.push(() => slow(i)); i += 0; } var gs = []; for (var j = 0; j < 2; j++) gs.push(() => j); return [fs.map((f) => f()), gs.map((g) => g())];`,
    ),
  },
  {
    name: 'functions hoisted out of blocks and used before they are written',
    script: using(
      `const out = [early(1)]; function early(x) { return slow(x); } { function inBlock() { return slow('block'); } out.push(inBlock()); } if (true) { function branch() { return slow('branch'); } out.push(branch()); } return out;`,
    ),
  },
  {
    name: 'the temporal dead zone across a call that waits',
    script: using(
      `const f = () => { sleep(1); return later; }; let r; try { r = f(); } catch (e) { r = e.name; } const later = 5; return [r, f()];`,
    ),
  },
  {
    name: 'typeof of what was never declared, beside a call',
    script: using(
      `return [typeof never, slow(typeof never), typeof slow, (() => { try { return slow(never); } catch (e) { return e.name; } })()];`,
    ),
  },
  {
    name: 'shadowed imports',
    script: using(
      `const run = (sleep) => { sleep(5); return 'mine'; }; const http = { get: (u) => 'fake ' + u }; { const slow = (v) => 'not slow ' + v; console.log(slow(1)); } return [run((n) => console.log('fake', n)), http.get('x'), slow('real')];`,
    ),
  },
  {
    name: 'a blocking function as a method of Object.create(null)',
    script: using(
      `const o = Object.create(null); o.run = slow; o['r' + 2] = (x) => slow(x) + 1; return [o.run(1), o.r2(2), Object.keys(o)];`,
    ),
  },
  {
    name: 'Object.defineProperties, freeze and getOwnPropertyDescriptor',
    script: using(
      `const o = Object.freeze(Object.defineProperties({}, { go: { value: () => slow('go'), enumerable: true } })); const d = Object.getOwnPropertyDescriptor(o, 'go'); return [o.go(), d.value(), { ...o }.go()];`,
    ),
  },
  {
    name: 'Object.groupBy-like tables of functions by reduce',
    script: using(
      `const tasks = [['a', () => slow(1)], ['b', () => 2], ['a', () => slow(3)]]; const by = tasks.reduce((t, [k, f]) => ({ ...t, [k]: [...(t[k] || []), f] }), {}); return Object.entries(by).map(([k, fs]) => [k, fs.map((f) => f())]);`,
    ),
  },
  {
    name: 'weighted choice of scenarios',
    script: using(
      `const weighted = [{ w: 0.2, run: () => slow('rare') }, { w: 0.8, run: () => 'often' }]; const pick = (r) => { let sum = 0; for (const s of weighted) { sum += s.w; if (r < sum) return s.run; } return weighted.at(-1).run; }; return [pick(0.1)(), pick(0.5)(), pick(0.99)()];`,
    ),
  },
  {
    name: 'a page object with fluent methods',
    script: using(
      `class Page { constructor() { this.log = []; } visit(u) { this.log.push(http.get(u).url); return this; } pause(s) { sleep(s); return this; } tap(f) { f(this); return this; } } return new Page().visit('a').pause(1).tap((p) => p.visit('b')).visit('c').log;`,
    ),
  },
  {
    name: 'a singleton made on first use',
    script: `${HEAD}let api; const getApi = () => (api ||= { token: slow('t'), call(x) { return slow(this.token + x); } });\nexport default function () { return [getApi().call(1), getApi().call(2), getApi() === api]; }`,
  },
  {
    name: 'module state shared by setup, default and teardown through closures',
    script: `${HEAD}const hooks = { before: [], after: [] }; const use = (k, f) => hooks[k].push(f); use('before', (x) => slow(x + 1)); use('before', (x) => x * 2); use('after', () => console.log('after'));\nexport function setup() { return hooks.before.reduce((v, f) => f(v), 1); }\nexport default function (data) { return slow(data); }\nexport function teardown(data) { hooks.after.forEach((f) => f()); sleep(data); }`,
    calls: ['setup', 'default', 'teardown'],
  },
  {
    name: 'tests in the way of describe and it',
    script: using(
      `const out = []; const stack = []; const describe = (n, f) => { stack.push(n); try { f(); } finally { stack.pop(); } }; const it = (n, f) => { try { f(); out.push([...stack, n, 'ok'].join('/')); } catch (e) { out.push([...stack, n, e.message].join('/')); } }; describe('api', () => { it('works', () => { slow(1); }); describe('deep', () => { it('fails', () => { slow(2); fail('no'); }); }); }); return [out, stack];`,
    ),
  },
  {
    name: 'an expectation with chained getters',
    script: using(
      `const expect = (v) => ({ get not() { return expect(!v); }, get to() { return this; }, be: (x) => v === x, equal(f) { return v === f(); } }); return [expect(slow(1)).to.be(1), expect(slow(0)).not.to.be(true), expect(2).to.equal(() => slow(2))];`,
    ),
  },
  {
    name: 'groups within checks within groups',
    script: using(
      `return group('a', () => check(slow(1), { 'in group': (v) => group('b', () => slow(v) === 1), not: (v) => v === 2 }) || group('c', () => slow('fallback')));`,
    ),
  },
  {
    name: 'toSorted, findLastIndex and flatMap of methods that block',
    script: using(
      `return [[3, 1].flatMap((x) => [slow(x), x]), [1, 2, 3].findLastIndex((x) => slow(x) < 3), [1, 2].reduceRight((a, x) => slow(a + x), '')];`,
    ),
  },
  {
    name: 'Array.from of an iterable with a mapping that blocks, and of length',
    script: using(
      `return [Array.from(new Set([1, 2]), (x) => slow(x * 2)), Array.from({ length: 3 }, (_, i) => slow(i)), Array.from('ab', slow)];`,
    ),
  },
  {
    name: 'Function.prototype.call.call',
    script: using(
      `return [Function.prototype.call.call(slow, null, 1), Function.prototype.apply.call(slow, null, [2]), slow.call.call(slow, null, 3)];`,
    ),
  },
  {
    name: 'new Function and indirect eval',
    script: using(`return new Function('f', 'return f(1)')(slow);`),
  },
];

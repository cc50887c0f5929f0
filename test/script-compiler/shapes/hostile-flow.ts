import type { Shape } from '../differential/shape.js';

const HEAD = `import { sleep, group, check, fail } from 'k6';\nimport http from 'k6/http';\nimport ws from 'k6/ws';\nconst slow = (v) => { sleep(1); return v; };\n`;
const using = (body: string): string => `${HEAD}export default function () {\n${body}\n}`;

/** Hard cases for the points-to analysis: functions that flow along unusual paths. */
export const HOSTILE_FLOW_SHAPES: readonly Shape[] = [
  {
    name: 'an event emitter',
    script: using(
      `class Emitter { constructor() { this.all = {}; } on(e, f) { (this.all[e] = this.all[e] || []).push(f); return this; } emit(e, ...args) { for (const f of this.all[e] || []) f.apply(this, args); } } const em = new Emitter().on('a', (x) => { sleep(x); console.log('a', x); }).on('b', () => console.log('b')); em.emit('a', 1); em.emit('b'); em.emit('c');`,
    ),
  },
  {
    name: 'middleware with next',
    script: using(
      `const chain = (list) => (ctx) => { const go = (i) => (i < list.length ? list[i](ctx, () => go(i + 1)) : 'end'); return go(0); }; return chain([(c, next) => { c.push('in'); const r = next(); c.push('out'); return r; }, (c, next) => { sleep(1); c.push('mid'); return next(); }])([]);`,
    ),
  },
  {
    name: 'functions under symbols and in weak maps',
    script: using(
      `const key = Symbol('k'); const o = { [key]: () => slow('sym') }; const w = new WeakMap([[o, () => slow('weak')]]); return [o[key](), w.get(o)()];`,
    ),
  },
  {
    name: 'pushed and then called',
    script: using(
      `const q = []; q.push(() => slow(1), () => 2); q.unshift(() => slow(0)); const out = q.map((f) => f()); while (q.length) out.push(q.shift()()); return out;`,
    ),
  },
  {
    name: 'a default value that is a function',
    script: using(`const run = (f = (v) => slow(v), n = 3) => f(n); return [run(), run((x) => x * 2)];`),
  },
  {
    name: 'a getter that gives a function',
    script: using(`const o = { get fn() { return () => slow('got'); } }; return o.fn();`),
  },
  {
    name: 'Reflect.apply and Reflect.construct',
    script: using(
      `class A { constructor(n) { this.n = slow(n); } } return [Reflect.apply(slow, null, [4]), Reflect.construct(A, [5]).n];`,
    ),
  },
  {
    name: 'a proxy before the http module',
    script: using(`const p = new Proxy(http, { get: (t, k) => t[k] }); return p.get('via proxy').url;`),
  },
  {
    name: 'defineProperty with a value',
    script: using(`const o = {}; Object.defineProperty(o, 'run', { value: (n) => slow(n) }); return o.run(6);`),
  },
  {
    name: 'mixins',
    script: using(
      `const Slow = (B) => class extends B { run() { sleep(1); return super.run() + 'slow '; } }; const Twice = (B) => class extends B { run() { return super.run() + super.run(); } }; class Base { run() { return 'base '; } } return new (Twice(Slow(Base)))().run();`,
    ),
  },
  {
    name: 'inheritance as of old',
    script: using(
      `function A() { this.name = 'a'; } A.prototype.go = function () { return slow(this.name); }; function B() { A.call(this); this.name += 'b'; } B.prototype = Object.create(A.prototype, { constructor: { value: B } }); return new B().go();`,
    ),
  },
  {
    name: 'self instead of this',
    script: using(
      `function Client() { var self = this; self.n = 1; self.run = function () { [1].forEach(function (x) { sleep(x); self.n += x; }); return self.n; }; } return new Client().run();`,
    ),
  },
  {
    name: 'a generator that yields functions',
    script: using(
      `function* steps() { yield () => slow(1); yield () => 2; } const out = []; for (const f of steps()) out.push(f()); const it = steps(); out.push(it.next().value()); out.push([...steps()].map((f) => f())); return out;`,
    ),
  },
  {
    name: 'an iterable of one’s own',
    script: using(
      `const list = { [Symbol.iterator]() { let i = 0; return { next: () => (i++ < 2 ? { value: () => slow(i), done: false } : { done: true }) }; } }; const out = []; for (const f of list) out.push(f()); return out;`,
    ),
  },
  {
    name: 'spread arguments',
    script: using(
      `const run = (a, f, g) => [a, f(1), g(2)]; const args = [(x) => slow(x), (x) => x]; return run(0, ...args);`,
    ),
  },
  {
    name: 'destructured parameters',
    script: using(
      `const run = ({ a, b: [c, { d }] }, ...[e]) => [a(), c(), d(), e()]; return run({ a: () => slow('a'), b: [() => 'c', { d: () => slow('d') }] }, () => slow('e'));`,
    ),
  },
  {
    name: 'a Y combinator',
    script: using(
      `const Y = (f) => ((x) => x(x))((x) => f((v) => x(x)(v))); return Y((me) => (n) => (n === 0 ? 'done' : (sleep(n), me(n - 1))))(2);`,
    ),
  },
  {
    name: 'bind with fixed arguments, twice',
    script: using(
      `const add = (a, b, c) => { sleep(a); return a + b + c; }; const one = add.bind(null, 1); const two = one.bind(null, 2); return [two(3), [4].map(one.bind(null, 5))];`,
    ),
  },
  {
    name: 'calls through keys',
    script: using(
      `const o = { a: () => slow('A'), b: () => 'B' }; const out = []; Object.keys(o).forEach((k) => out.push(o[k]())); for (const k in o) out.push(o[k]()); return out;`,
    ),
  },
  {
    name: 'fromEntries of closures',
    script: using(`const o = Object.fromEntries(['x', 'y'].map((n) => [n, () => slow(n)])); return [o.x(), o.y()];`),
  },
  {
    name: 'chosen callees',
    script: using(
      `const fast = (v) => 'fast ' + v; let n = 0; return [(n ? slow : fast)(1), (n || slow)(2), (0, slow)(3), (n ?? slow ? fast : slow)(4), [fast, slow][1](5)];`,
    ),
  },
  {
    name: 'a callback returned by a tag',
    script: using('const tag = (s) => (v) => slow(s[0] + v); return tag`hi `(1);'),
  },
  {
    name: 'typed arrays',
    script: using(
      `const out = []; new Uint8Array([1, 2]).forEach((x) => { sleep(x); out.push(x); }); return [out, [...Uint8Array.from([1]).map((x) => slow(x) + 1)]];`,
    ),
  },
  {
    name: 'pairs of a map',
    script: using(
      `const m = new Map([['a', () => slow(1)]]); const out = []; for (const [k, f] of m) out.push(k + f()); out.push([...m].map(([, f]) => f())); m.forEach((f, k) => out.push(k + f())); for (const e of m.entries()) out.push(e[1]()); return out;`,
    ),
  },
  {
    name: 'sets of functions',
    script: using(
      `const s = new Set().add(() => slow(1)).add(() => 2); return [...s].map((f) => f()).concat(Array.from(s, (f) => f()));`,
    ),
  },
  {
    name: 'a queue with concat, slice, splice and flat',
    script: using(
      `const a = [() => slow(1)].concat([[() => slow(2)]], () => 3); const b = a.flat().slice(0, 3).reverse(); return [b.map((f) => f()), a.splice(0, 1)[0](), b.at(-1)(), b.pop()()];`,
    ),
  },
  {
    name: 'a function thrown and caught',
    script: using(`try { throw { retry: () => slow('again') }; } catch (e) { return e.retry(); }`),
  },
  {
    name: 'checks from a variable',
    script: using(
      `const checks = { ok: (r) => r.status === 200 }; checks.slow = (r) => slow(r.status) === 200; const all = Object.assign({}, checks, { fixed: 1 }); return check(http.get('x'), all);`,
    ),
  },
  {
    name: 'group with a bound method',
    script: using(
      `class Flow { constructor() { this.out = []; } step() { this.out.push(slow('step')); return this.out; } } const f = new Flow(); return group('bound', f.step.bind(f)).concat(group('arrow', () => f.step()));`,
    ),
  },
  {
    name: 'sockets within groups, handlers by a helper',
    script: using(
      `const listen = (s, event, f) => s.on(event, (...a) => f(s, ...a)); return group('ws', () => { const r = ws.connect('ws://h', {}, (s) => { listen(s, 'message', (sock, m) => { group('message', () => { sleep(1); sock.send(m); }); }); }); return r.status; });`,
    ),
  },
  {
    name: 'a socket within a socket',
    script: using(
      `ws.connect('ws://a', (s) => { s.on('open', () => { ws.connect('ws://b', (t) => { t.on('message', (m) => { slow(m); t.close(); }); }); s.close(); }); }); return 'end';`,
    ),
  },
  {
    name: 'fail within a group within a try',
    script: using(
      `try { group('g', () => { slow(1); fail('stop'); }); } catch (e) { console.log(e.message); } finally { slow(2); } return 'after';`,
    ),
  },
  {
    name: 'a mixed callee that returns a promise',
    script: `${HEAD}export default async function () { const f = [(u) => slow(u), (u) => http.asyncRequest('GET', u)]; const a = f[0]('a'); const b = f[1]('b'); console.log(a, b instanceof Promise); return (await b).url; }`,
  },
  {
    name: 'a function of the prototype added later',
    script: using(
      `class A {} A.prototype.late = function () { return slow('late'); }; Object.assign(A.prototype, { other() { return slow('other'); } }); const a = new A(); return [a.late(), a.other()];`,
    ),
  },
  {
    name: 'an accessor pair that hands over a function',
    script: using(
      `const o = { set cb(f) { this._f = f; }, run() { return this._f(); } }; o.cb = () => slow('set'); return o.run();`,
    ),
  },
  {
    name: 'a switch of functions',
    script: using(
      `const pick = (k) => { switch (k) { case 'a': return () => slow('A'); case 'b': return () => 'B'; default: return null; } }; return ['a', 'b', 'c'].map((k) => pick(k)?.());`,
    ),
  },
];

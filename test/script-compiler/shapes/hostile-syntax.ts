import type { Shape } from '../differential/shape.js';

const HEAD = `import { sleep } from 'k6';\nimport http from 'k6/http';\nconst slow = (v) => { sleep(1); return v; };\n`;
const using = (body: string): string => `${HEAD}export default function () {\n${body}\n}`;
const waiting = (body: string): string => `${HEAD}export default async function () {\n${body}\n}`;

/** Hard cases for the rewriting: order of evaluation, forms of functions, promises. */
export const HOSTILE_SYNTAX_SHAPES: readonly Shape[] = [
  {
    name: 'order of evaluation in assignments',
    script: using(
      `const log = []; const k = (v) => { log.push(v); return v; }; let n = 1; const bump = () => { n = 10; return slow(1); }; n += bump(); let o = { x: 0 }; const keep = o; o.x = (o = slow({ x: 5 }), 7); const p = {}; p[k('key')] = slow(k('value')); return [n, keep, o, log];`,
    ),
  },
  {
    name: 'order of evaluation in arguments',
    script: using(
      `let a = 1; const f = (...all) => all; return [f(a, a = slow(2), a), [a, slow(a++), a], { x: a, y: slow(++a), z: a }];`,
    ),
  },
  {
    name: 'swaps',
    script: using(
      `let a = 1, b = 2; [a, b] = [slow(b), slow(a)]; ({ a, b = slow(9) } = { a: slow(b) }); return [a, b];`,
    ),
  },
  {
    name: 'assignment in conditions',
    script: using(
      `let n = 3, x; const out = []; while ((x = slow(n--)) > 0) out.push(x); for (let i = 0, j = slow(3); i < j; i++, j = slow(j - 1)) out.push([i, j]); if (!(x = slow(0))) out.push('zero'); return out;`,
    ),
  },
  {
    name: 'labelled blocks and nested finally',
    script: using(
      `const out = []; a: { slow(1); if (out.length === 0) break a; out.push('no'); } for (let i = 0; i < 3; i++) { try { if (slow(i) === 1) continue; out.push(i); } finally { out.push('f' + slow(i)); } } return out;`,
    ),
  },
  {
    name: 'finally that overrides',
    script: using(
      `const f = () => { try { return slow('try'); } finally { return slow('finally'); } }; const g = () => { for (;;) { try { throw slow(1); } catch { break; } finally { slow(2); } } return 'g'; }; return [f(), g()];`,
    ),
  },
  {
    name: 'arguments, length and name',
    script: using(
      `function f(a, b) { sleep(1); return arguments.length; } const g = function named() { return slow(typeof named); }; return [f(1, 2, 3), f.length, f.name, g.name, g(), typeof f];`,
    ),
  },
  {
    name: 'a thenable that is returned',
    script: using(
      `const make = () => { sleep(1); return { then(f) { f('flattened'); }, tag: 'object' }; }; const t = make(); return [t.tag, typeof t.then];`,
    ),
  },
  {
    name: 'a constructor that returns another object, and one that throws',
    script: using(
      `class A { constructor(n) { sleep(1); if (n === 0) return { other: true }; if (n < 0) throw new Error('neg'); this.n = n; } } const out = [new A(1).n, new A(0).other]; try { new A(-1); } catch (e) { out.push(e.message); } return out;`,
    ),
  },
  {
    name: 'new.target and fields before a constructor that blocks',
    script: using(
      `class A { x = 1; static s = 2; #p = 3; constructor() { this.t = new.target === A; sleep(this.x); this.sum = this.x + A.s + this.#p; } } return [new A().t, new A().sum];`,
    ),
  },
  {
    name: 'super in arrows',
    script: using(
      `class A { go(x) { return 'A' + slow(x); } } class B extends A { go(x) { return [1].map((n) => super.go(n + x)); } } return new B().go(1);`,
    ),
  },
  {
    name: 'private methods and static blocks',
    script: using(
      `class A { static #make; static { A.#make = (n) => slow(n); } static run(n) { return A.#make(n); } #in(x) { return slow(x); } has(o) { return #in in o; } go() { return this.#in(5); } } return [A.run(1), new A().go(), new A().has(new A())];`,
    ),
  },
  {
    name: 'async methods and fields',
    script: waiting(
      `const o = { async run(n) { sleep(n); await null; sleep(n); return n; } }; class A { f = async (n) => slow(n); static async s(n) { return slow(n); } } const p = o.run(1); console.log('between'); return [await p, await new A().f(2), await A.s(3)];`,
    ),
  },
  {
    name: 'await in odd places',
    script: waiting(
      `const p = (v) => Promise.resolve(v); return [(await p(slow([1, 2]))).length, slow(await p(3)) + (await p(4)), (await p(slow))(5), \`\${await p(slow('t'))}\`, { ...(await p({ a: slow(1) })) }, await (await p(p(slow(6))))];`,
    ),
  },
  {
    name: 'a rejection caught in a function that blocks',
    script: waiting(
      `const bad = async (n) => { sleep(n); await null; throw new Error('bad ' + n); }; const out = []; for (const n of [1, 2]) { try { await bad(n); } catch (e) { sleep(n); out.push(e.message); } finally { await null; sleep(n); } } const all = await Promise.allSettled([bad(3), bad(4)]); return out.concat(all.map((r) => r.reason.message));`,
    ),
  },
  {
    name: 'two async functions in turns',
    script: waiting(
      `const step = async (name) => { for (let i = 0; i < 2; i++) { await null; console.log(name, i); sleep(1); console.log(name, i, 'woke'); } return name; }; return Promise.all([step('a'), step('b')]);`,
    ),
  },
  {
    name: 'requests in parallel, then sleeps',
    script: waiting(
      `return (await Promise.all(['a', 'b', 'c'].map(async (u) => { const r = await http.asyncRequest('GET', u); sleep(1); return r.url; }))).join('');`,
    ),
  },
  {
    name: 'race, any and finally',
    script: waiting(
      `const late = (v, ms) => new Promise((r) => setTimeout(() => r(v), ms)); const f = await Promise.race([late('slow', 50), late('fast', 5)]).finally(() => { sleep(1); }); const a = await Promise.any([Promise.reject(1), late('any', 1)]); return [f, a];`,
    ),
  },
  {
    name: 'then with two callbacks that block',
    script: using(
      `return Promise.reject(new Error('r')).then(() => slow('ok'), (e) => slow(e.message)).catch(() => 'never').then((v) => { sleep(1); throw new Error(v + '!'); }).catch((e) => slow(e.message));`,
    ),
  },
  {
    name: 'fire and forget',
    script: using(
      `(async () => { console.log('start'); sleep(1); await null; console.log('later'); sleep(2); console.log('end'); })(); console.log('main'); sleep(3); console.log('main end');`,
    ),
  },
  {
    name: 'an async function that does not block, beside one that does',
    script: using(
      `const quick = async (n) => { await null; console.log('quick', n); await null; console.log('quicker', n); }; quick(1); sleep(1); console.log('main'); quick(2); sleep(2); console.log('end');`,
    ),
  },
  {
    name: 'timers that block and are cleared',
    script: using(
      `const id = setTimeout(() => console.log('never'), 10); setTimeout((a, b) => { sleep(1); console.log(a, b); clearTimeout(id); setTimeout(async () => { await null; sleep(1); console.log('inner'); }, 1); }, 5, 'x', 'y');`,
    ),
  },
  {
    name: 'an async generator that does not block',
    script: waiting(
      `async function* pages() { for (let i = 0; i < 2; i++) { const r = await http.asyncRequest('GET', 'p' + i); yield r.url; } } const out = []; for await (const u of pages()) { out.push(u); sleep(1); } return out;`,
    ),
  },
  {
    name: 'an awaited thenable of one’s own',
    script: waiting(`const t = { then(f) { f('own'); } }; const v = await t; sleep(1); return v;`),
  },
  {
    name: 'nested async functions of which only one blocks',
    script: waiting(
      `const outer = async () => { const inner = async () => { await null; return 'inner'; }; const v = await inner(); return v + slow('!'); }; return outer();`,
    ),
  },
  {
    name: 'return await within try',
    script: waiting(
      `const f = async () => { try { return await Promise.reject(new Error('x')); } catch (e) { return slow('caught ' + e.message); } finally { slow('fin'); } }; return f();`,
    ),
  },
  {
    name: 'optional chains of all sorts',
    script: using(
      `const o = { a: { f: (v) => slow({ v, g() { return slow(this.v + 1); } }) }, n: null }; class P { #x = () => slow('private'); static go(p) { return p?.#x(); } } return [o?.a?.f(1).g(), o.n?.f(slow('never')).g(), o.a?.['f'](2).v, o.a.f?.(3)?.g?.(), P.go(new P()), P.go(null), delete o?.a?.f, (o?.n)?.x];`,
    ),
  },
  {
    name: 'callbacks in object arguments',
    script: using(
      `const run = ({ before, each = (x) => x, after }) => { before?.(); const r = [1, 2].map(each); after?.(r); return r; }; return [run({ each: (x) => slow(x) * 2, after: (r) => console.log(r) }), run({ before: () => slow('b') })];`,
    ),
  },
  {
    name: 'numbers, regular expressions and comments',
    script: using(
      `/* (await) */ const re = /a(b)\\/[/)]/g; return [slow(1.5).toFixed(1), 'ab/)'.replace(re, (m, g) => g + m.length), slow(/x/).test('x'), slow('s')['length'], slow(5) / 2 / slow(1)]; // end`,
    ),
  },
  {
    name: 'deep nesting',
    script: using(
      `return slow(slow([slow({ a: slow(() => slow(slow('deep'))) })].map((o) => slow(o.a)())).concat(slow([slow(1)])))`,
    ),
  },
  {
    name: 'inc, dec, in, instanceof, typeof of results',
    script: using(
      `const o = { n: 1 }; slow(o).n++; --slow(o).n; slow(o)['n'] **= 3; return [o, 'n' in slow(o), slow([]) instanceof Array, typeof slow(undefined), slow(3) in [1, 2], -slow(1), +slow('2'), ~slow(0)];`,
    ),
  },
  {
    name: 'a class that extends a result',
    script: using(
      `class A { v() { return 1; } } class B extends slow(A) { [slow('m')]() { return this.v() + 1; } } return new B().m();`,
    ),
  },
  {
    name: 'exports in every form',
    script: `${HEAD}const a = () => slow('a'); function b() { return slow('b'); } export { a as default, b as run, a }; export const c = () => b() + a(), d = function () { return c(); }; export async function e() { return slow('e'); } export class K {}`,
    calls: ['default', 'run', 'a', 'c', 'd', 'e'],
  },
  {
    name: 'an object exported as default',
    script: `import api, * as all from './api.js'; const call = (m, k) => m[k](); export default () => [api.login(), call(api, 'login'), call(all, 'other'), all.default.login()];`,
    files: {
      'api.js': `import { sleep } from 'k6'; export default { login() { sleep(1); return 'in'; } }; export const other = () => { sleep(2); return 'other'; };`,
    },
  },
  {
    name: 'CommonJS with a default, and require in a function',
    script: `import def, { named } from './old.js'; const lazy = () => require('./lazy.js'); export default () => [def(), named(), lazy().run()];`,
    files: {
      'old.js': `'use strict'; Object.defineProperty(exports, '__esModule', { value: true }); var k6 = require('k6'); exports.default = function () { k6.sleep(1); return 'def'; }; exports.named = () => { (0, k6.sleep)(2); return 'named'; };`,
      'lazy.js': `const { sleep } = require('k6'); exports.run = () => { sleep(3); return 'lazy'; };`,
    },
  },
  {
    name: 'TypeScript of all sorts',
    entry: 'script.ts',
    script: `import { sleep } from 'k6'; import type { X } from './types'; function over(a: number): number; function over(a: string): string; function over(a: any): any { sleep(1); return a; } const enum C { One = 1 } class Svc<T extends object = {}> { constructor(private dep?: { go?: () => number }, public readonly n = 2) {} run(this: Svc<T>): number { return this.dep!.go?.()! + this.n; } } const cfg = { go: () => over(3) } satisfies { go: () => number }; export default (): unknown => { const r = <number>over(C.One); using_(r as unknown as string); return [over('s'), new Svc(cfg).run()]; }; function using_(x: string | number): asserts x { if (!over(x as string)) throw new Error(); }`,
    files: { 'types.ts': `export interface X { a: number }` },
  },
];

import type { Shape } from '../differential/shape.js';

const HEAD = `import { sleep, group, check, fail } from 'k6';\nimport http from 'k6/http';\nimport ws from 'k6/ws';\nconst slow = (v) => { sleep(1); return v; };\n`;
const using = (body: string): string => `${HEAD}export default function () {\n${body}\n}`;
const waiting = (body: string): string => `${HEAD}export default async function () {\n${body}\n}`;

/** Hard cases: classes, promises, modules, errors. */
export const HOSTILE_CLASS_SHAPES: readonly Shape[] = [
  {
    name: 'a class built in a loop with computed methods',
    script: using(
      `const make = (names) => { class Api {} for (const n of names) Api.prototype[n] = function (x) { return slow(n + x); }; return new Api(); }; const api = make(['get', 'put']); return ['get', 'put'].map((n) => api[n](1));`,
    ),
  },
  {
    name: 'private getters, setters and in',
    script: using(
      `class A { #n = 1; get #double() { return this.#n * 2; } set n(v) { this.#n = v; } has(o) { return #n in o; } run() { this.n = slow(3); return [this.#double, this.has(this), this.has({}), this.#go()]; } #go() { return slow(this.#n); } } return new A().run();`,
    ),
  },
  {
    name: 'super in an object literal and in a static method',
    script: using(
      `const base = { hi() { return slow('base'); } }; const o = { __proto__: base, hi() { return super.hi() + '!'; } }; class A { static make() { return slow('A'); } } class B extends A { static make() { return super.make() + 'B'; } } return [o.hi(), B.make()];`,
    ),
  },
  {
    name: 'a derived class without a constructor over one with fields',
    script: using(
      `class A { list = []; add(x) { this.list.push(slow(x)); return this; } } class B extends A { extra = this.list.length; add(x) { return super.add(x).addTwice(x); } addTwice(x) { this.list.push(x * 2); return this; } } const b = new B(); return [b.add(1).add(2).list, b.extra, b instanceof A];`,
    ),
  },
  {
    name: 'instanceof and errors of one’s own across calls that wait',
    script: using(
      `class Bad extends Error { constructor(code) { super('bad ' + code); this.name = 'Bad'; this.code = code; } } const risky = (n) => { sleep(1); if (n > 1) throw new Bad(n); return n; }; const out = []; for (const n of [1, 2]) { try { out.push(risky(n)); } catch (e) { if (!(e instanceof Bad)) throw e; out.push([e.name, e.code, e.message, String(e)]); } } return out;`,
    ),
  },
  {
    name: 'an error with a cause, wrapped at each level',
    script: using(
      `const a = () => { sleep(1); throw new Error('a'); }; const b = () => { try { a(); } catch (cause) { throw new Error('b', { cause }); } }; try { b(); } catch (e) { return [e.message, e.cause.message]; }`,
    ),
  },
  {
    name: 'async iteration over requests with a barrier of promises',
    script: waiting(
      `const out = []; const step = async (n) => { await null; out.push('s' + n); sleep(1); out.push('e' + n); return n; }; const all = await Promise.all([1, 2, 3].map(step)); out.push(...all); const settled = await Promise.allSettled([step(4), Promise.reject(new Error('x'))]); return [out, settled.map((s) => s.status)];`,
    ),
  },
  {
    name: 'a promise chain built by reduce',
    script: waiting(
      `const out = []; await [1, 2, 3].reduce((p, n) => p.then(() => { out.push(slow(n)); }), Promise.resolve()); return out;`,
    ),
  },
  {
    name: 'a promise with resolvers handed out',
    script: waiting(
      `let open; const gate = new Promise((r) => { open = r; }); const out = []; const waiter = gate.then((v) => { out.push(slow(v)); return 'waited'; }); out.push('before'); open(slow('opened')); out.push(await waiter); return out;`,
    ),
  },
  {
    name: 'async functions in a class hierarchy',
    script: waiting(
      `class A { async load(x) { sleep(1); return 'A' + x; } } class B extends A { async load(x) { const v = await super.load(x); sleep(1); return v + 'B'; } both = async () => [await this.load(1), await this.load(2)]; } return new B().both();`,
    ),
  },
  {
    name: 'await within arguments, templates and conditions beside calls that wait',
    script: waiting(
      `const a = async (v) => slow(v); const f = (...xs) => xs; return [f(await a(1), slow(2), await a(3)), \`\${await a('x')}-\${slow('y')}\`, (await a(0)) || slow('or'), (await a(null)) ?? (await a('nullish'))];`,
    ),
  },
  {
    name: 'try, catch and finally over await and calls that wait',
    script: waiting(
      `const out = []; const bad = async () => { sleep(1); throw new Error('bad'); }; try { await bad(); } catch (e) { out.push(e.message, slow('c')); } finally { out.push(await Promise.resolve(slow('f'))); } try { bad().catch(() => {}); } finally { out.push('not awaited'); } await null; return out;`,
    ),
  },
  {
    name: 'a namespace import handed around',
    script: `${HEAD}import * as lib from './lib.js';\nconst call = (ns, name, ...args) => ns[name](...args);\nexport default function () { return [call(lib, 'run', 1), Object.keys(lib), lib.default('d')]; }`,
    files: {
      'lib.js': `import { sleep } from 'k6';\nexport const run = (n) => { sleep(n); return n; };\nexport default (x) => run(x);\n`,
    },
  },
  {
    name: 'k6 itself as a namespace and as a default',
    script: `import * as k6 from 'k6';\nimport k6default from 'k6';\nimport * as h from 'k6/http';\nexport default function () { k6.sleep(1); k6default.sleep(2); const { sleep: nap } = k6; nap(3); return [h.get('x').url, typeof h.post]; }`,
  },
  {
    name: 'a live binding that changes between calls',
    script: `${HEAD}import { mode, setMode, act } from './lib.js';\nexport default function () { const out = [act(mode)]; setMode(slow('second')); out.push(act(mode)); return out; }`,
    files: {
      'lib.js': `import { sleep } from 'k6';\nexport let mode = 'first';\nexport const setMode = (m) => { mode = m; };\nexport let act = (x) => x + '!';\nexport const swap = () => { act = (x) => { sleep(1); return x; }; };\n`,
    },
  },
  {
    name: 'a function replaced from another module',
    script: `${HEAD}import { act, swap } from './lib.js';\nexport default function () { const out = [act('a')]; swap(); out.push(act('b')); return out; }`,
    files: {
      'lib.js': `import { sleep } from 'k6';\nexport let act = (x) => x + '!';\nexport const swap = () => { act = (x) => { sleep(1); return x + '?'; }; };\n`,
    },
  },
  {
    name: 'event handlers kept in a registry of sockets',
    script: using(
      `const handlers = { open: (s) => { sleep(1); s.send('hi'); }, message: (s, m) => { console.log('got', m); s.close(); } }; const res = ws.connect('ws://x', null, (socket) => { for (const [e, f] of Object.entries(handlers)) socket.on(e, (...a) => f(socket, ...a)); }); return res.status;`,
    ),
  },
  {
    name: 'a wrapper of console and of check',
    script: using(
      `const log = (...a) => console.log('[x]', ...a); const verify = (r, ...sets) => sets.every((s) => check(r, s)); log(verify(slow({ status: 200 }), { ok: (r) => r.status === 200 }, { slow: (r) => slow(r.status) > 100 })); return check(null, { 'no value': (v) => v === null });`,
    ),
  },
  {
    name: 'comments, strings and regular expressions that look like calls',
    script: using(
      `/* sleep(1) */ const s = 'sleep(1)'; const r = /slow\\(1\\)/; // slow(2)\nreturn [s, r.test('slow(1)'), \`\${'slow(3)'}\`, slow(/[/)]/.source)];`,
    ),
  },
  {
    name: 'unicode names and escapes',
    script: using(
      `const größe = (ü) => slow(ü); const \\u0061bc = () => slow('abc'); const $ = slow, _ = (x) => $(x); return [größe('ä'), abc(), _(1), { größe }.größe(2)];`,
    ),
  },
];

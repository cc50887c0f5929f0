import type { Shape } from '../differential/shape.js';

const using = (body: string): string =>
  `import { sleep } from 'k6';\nimport http from 'k6/http';\nconst slow = (v) => { sleep(1); return v; };\nexport default function () {\n${body}\n}`;

/** Places in expressions and statements where a blocking call may appear. */
export const SYNTAX_SHAPES: readonly Shape[] = [
  {
    name: 'no semicolons before a parenthesis',
    script: using(`const a = slow(1)\n;(function () { slow(2) })()\nslow(3)\nreturn a`),
  },
  {
    name: 'a method chain',
    script: using(`return http.get('a').json().url.split('').map((c) => c + slow('!')).join('');`),
  },
  { name: 'calls within calls at one offset', script: using(`return slow(slow(slow(1) + slow(2)))`) },
  {
    name: 'a curried call',
    script: using(`const f = (a) => { sleep(a); return (b) => { sleep(b); return a + b; }; }; return f(1)(2);`),
  },
  {
    name: 'optional chaining',
    script: using(
      `const o = { m: () => slow({ v: { w: 5 } }) }; const none = null; return [o?.m().v.w, none?.m().v.w, o.nope?.().x, o?.m?.()?.v?.w];`,
    ),
  },
  {
    name: 'optional calls evaluate nothing when there is nothing',
    script: using(
      `const none = undefined; const log = []; none?.(slow(log.push('no'))); none?.x[slow('k')]; return log;`,
    ),
  },
  {
    name: 'conditional and logical expressions',
    script: using(
      `return [slow(0) ? slow('a') : slow('b'), slow(0) || slow('c'), slow(1) && slow('d'), slow(null) ?? slow('e')];`,
    ),
  },
  {
    name: 'logical assignment',
    script: using(
      `let a = null; a ??= slow(1); a ||= slow(2); a &&= slow(3); const o = {}; o.x ??= slow('x'); return [a, o];`,
    ),
  },
  {
    name: 'template literals and tagged templates',
    script: using(
      "const tag = (s, ...v) => { sleep(2); return s.raw.join('|') + v.join(); }; return `${slow('a')}-${tag`x${slow(1)}y`}`;",
    ),
  },
  {
    name: 'operators and precedence',
    script: using(
      `return [-slow(2) ** 2 === undefined, 1 + slow(2) * slow(3), !slow(false), typeof slow('x'), slow([1]).length, delete slow({}).x];`.replace(
        '-slow(2) ** 2 === undefined',
        '(-slow(2)) ** 2',
      ),
    ),
  },
  { name: 'comma and void', script: using(`const x = (slow(1), slow(2)); return [x, void slow(3)];`) },
  {
    name: 'object and array literals with spread',
    script: using(
      `return [{ a: slow(1), [slow('k')]: 2, ...slow({ z: 3 }) }, [slow(1), ...slow([2, 3])], Math.max(...slow([4, 5]))];`,
    ),
  },
  {
    name: 'destructuring defaults in the body',
    script: using(
      `const { a = slow(1), b: { c } = slow({ c: 2 }) } = {}; const [d = slow(3)] = []; let e; ({ e = slow(4) } = {}); for (const { f = slow(5) } of [{}, { f: 6 }]) console.log(f); return [a, c, d, e];`,
    ),
  },
  {
    name: 'loops of all kinds',
    script: using(
      `let n = 0; for (let i = slow(0); i < slow(2); i += slow(1)) n += i; while (slow(n) < 3) n++; do { n++; } while (slow(n) < 6); for (const x of slow([1, 2])) n += x; for (const k in slow({ p: 1 })) n += k; return n;`,
    ),
  },
  {
    name: 'labels, break and continue',
    script: using(
      `const out = []; outer: for (const a of [1, 2, 3]) { for (const b of [1, 2]) { if (slow(b) === 2) continue outer; if (a === 3) break outer; out.push(a * 10 + b); } } return out;`,
    ),
  },
  {
    name: 'try, catch and finally',
    script: using(
      `const out = []; const f = () => { try { slow(1); throw new Error('x'); } catch ({ message }) { out.push(message); return slow('caught'); } finally { slow(2); out.push('finally'); } }; out.push(f()); try { try { slow(1); null.x; } finally { slow(3); } } catch { out.push('outer'); } return out;`,
    ),
  },
  {
    name: 'switch',
    script: using(`switch (slow(2)) { case slow(1): return 'one'; case slow(2): slow(3); default: return 'fell'; }`),
  },
  { name: 'throw of a result', script: using(`throw slow(new Error('thrown'));`) },
  {
    name: 'closures in a loop',
    script: using(
      `const fs = []; for (let i = 0; i < 3; i++) { slow(i); fs.push(() => i); } return fs.map((f) => f());`,
    ),
  },
  {
    name: 'export default arrow with a blocking body',
    script: `import { sleep } from 'k6'; export default () => sleep(1)`,
  },
  {
    name: 'arrows that return objects and functions',
    script: using(
      `const o = () => ({ v: slow(1) }); const f = () => () => slow(2); const g = () => (a) => ({ a, b: slow(a) }); return [o(), f()(), g()(7)];`,
    ),
  },
  {
    name: 'loops without a block',
    script: using(
      `let i = 0; while (i < 2) slow(i++); for (const x of [1]) if (x) slow(x); else slow(0); do slow(9); while (i++ < 3); for (; i < 7; i++); return i;`,
    ),
  },
  {
    name: 'new of a result',
    script: using(
      `class A { constructor(x) { this.x = x; } } const pick = () => slow(A); return [new (pick())(1).x, new A(slow(2)).x];`,
    ),
  },
  {
    name: 'assignment targets with blocking calls',
    script: using(
      `const o = {}; slow(o).x = slow(1); o[slow('y')] = slow(2); slow(o).z ??= 3; let n = 1; n += slow(2); o.x++; return [o, n];`,
    ),
  },
  {
    name: 'var hoisting and shadowed names',
    script: using(
      `{ const slow = (v) => 'fast ' + v; console.log(slow(1)); } const sleep = (n) => 'mine'; return [sleep(1), typeof later]; var later = 1;`,
    ),
  },
  {
    name: 'a function with the name of a root that is not one',
    script: `const http = { get: (x) => x }; const sleep = (n) => n + 1; console.log('top'); export default () => [sleep(1), http.get('a')];`,
  },
];

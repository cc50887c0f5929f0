import type { RefusedShape } from '../differential/shape.js';

const HEAD = `import { sleep, group, check, fail } from 'k6';\nimport http from 'k6/http';\nimport ws from 'k6/ws';\nconst slow = (v) => { sleep(1); return v; };\n`;
const using = (body: string): string => `${HEAD}export default function () {\n${body}\n}`;

/** Functions that the language itself calls: each is refused with its position. */
export const HOSTILE_REFUSED_SHAPES: readonly RefusedShape[] = [
  {
    name: 'Proxy traps that block',
    script: using(`const p = new Proxy({}, { get: (t, k) => slow('trap ' + String(k)) }); return p.anything;`),

    refused: /script\.js:6:11.*Proxy cannot wait/,
  },
  {
    name: 'an apply trap',
    script: using(`const p = new Proxy(() => 1, { apply: (t, self, args) => slow(t() + args[0]) }); return p(2);`),

    refused: /script\.js:6:11.*Proxy cannot wait/,
  },
  {
    name: 'valueOf and Symbol.toPrimitive that block',
    script: using(`const o = { [Symbol.toPrimitive]() { return slow(5); } }; return o + 1;`),

    refused: /script\.js:6:45.*@@toPrimitive is called by the language/,
  },
  {
    name: 'toJSON that blocks',
    script: using(`return JSON.stringify({ toJSON() { return slow('json'); } });`),

    refused: /script\.js:6:43.*toJSON is called by the language/,
  },
  {
    name: 'Symbol.hasInstance that blocks',
    script: using(
      `class A { static [Symbol.hasInstance](x) { return slow(x === 1); } } return [1 instanceof A, 2 instanceof A];`,
    ),

    refused: /script\.js:6:51.*@@hasInstance is called by the language/,
  },
  {
    name: 'an iterator whose next blocks',
    script: using(
      `const it = { [Symbol.iterator]() { let n = 0; return { next: () => ({ value: slow(n++), done: n > 3 }) }; } }; return [...it];`,
    ),

    refused: /script\.js:6:78.*next is called by the language/,
  },
  {
    name: 'replaceAll, split and match of results, a replacer by name',
    script: using(
      `const up = (m) => slow(m.toUpperCase()); return [slow('a-b').split('-'), slow('aXbX').replaceAll('X', '-'), 'abc'.replace(/b/, up)];`,
    ),

    refused: /script\.js:6:109.*replace cannot wait/,
  },
  {
    name: 'a static block and static fields that block',
    script: using(
      `class A { static n = slow(1); static { A.m = slow(A.n + 1); } static get() { return slow(A.m); } } return [A.n, A.m, A.get()];`,
    ),

    refused: /script\.js:6:22.*class field[^]*script\.js:6:46.*static block/,
  },
  {
    name: 'arguments object with defaults, rest and reassigned parameters',
    script: using(
      `function f(a, b = slow('B'), ...rest) { a = slow('changed'); return [arguments.length, arguments[0], a, b, rest]; } return [f(1), f(1, 2, 3, 4)];`,
    ),

    refused: /script\.js:6:19.*default parameter/,
  },
];

import type { Shape } from '../differential/shape.js';

const using = (body: string): string =>
  `import { sleep } from 'k6';\nimport http from 'k6/http';\nexport default function () {\n${body}\n}`;

/** Callbacks of arrays, maps and sets that block. */
export const ARRAY_SHAPES: readonly Shape[] = [
  {
    name: 'forEach',
    script: using(`[1, 2].forEach((x, i, all) => { sleep(x); console.log(x, i, all.length); }); return 'end';`),
  },
  { name: 'map with an expression body', script: using(`return [1, 2].map((x) => http.get('u' + x).status + x);`) },
  {
    name: 'filter, some, every, find, findIndex',
    script: using(`
    const slow = (x) => { sleep(x); return x > 1; };
    const list = [1, 2, 3];
    return [list.filter(slow), list.some(slow), list.every(slow), list.find(slow), list.findIndex(slow), list.findLast(slow)];`),
  },
  {
    name: 'reduce with and without a start',
    script: using(`
    const add = (a, b) => { sleep(b); return a + b; };
    return [[1, 2, 3].reduce(add), [1, 2].reduce(add, 10), [1, 2].reduceRight(add, '')];`),
  },
  {
    name: 'reduce of an empty array throws',
    script: using(`return [].reduce((a, b) => { sleep(1); return a + b; });`),
  },
  {
    name: 'flatMap in a chain',
    script: using(`
    return [1, 2].filter((x) => x > 0).flatMap((x) => { sleep(x); return [x, x * 2]; }).map((x) => x + 1).join('-');`),
  },
  {
    name: 'holes are skipped',
    script: using(`const out = []; [1, , 3].forEach((x) => { sleep(1); out.push(x); }); return out;`),
  },
  {
    name: 'an array that grows while it is visited',
    script: using(`const a = [1, 2]; a.forEach((x) => { sleep(1); if (a.length < 5) a.push(x); }); return a;`),
  },
  {
    name: 'forEach of a map and of a set',
    script: using(`
    new Map([['a', 1]]).forEach((v, k) => { sleep(v); console.log(k); });
    new Set([7]).forEach((v, k) => { sleep(1); console.log(v, k); });`),
  },
  {
    name: 'Array.from with a mapping',
    script: using(`return Array.from({ length: 2 }, (_, i) => { sleep(i); return i * 2; });`),
  },
  {
    name: 'this of a callback',
    script: using(`[1].forEach(function (x) { sleep(x); console.log(this.tag); }, { tag: 'self' });`),
  },
  {
    name: 'a callback that throws',
    script: using(
      `try { [1, 2].forEach((x) => { sleep(x); throw new Error('at ' + x); }); } catch (e) { return e.message; }`,
    ),
  },
  {
    name: 'a user class with its own map',
    script: using(`
    class Box { constructor(v) { this.v = v; } map(f) { return new Box(f(this.v)); } }
    return new Box(1).map((x) => { sleep(x); return x + 1; }).map((x) => x * 10).v;`),
  },
  {
    name: 'a comparator that does not block stays',
    script: using(`sleep(1); return [3, 1, 2].sort((a, b) => a - b).map(String);`),
  },
  { name: 'a callback by name', script: using(`function visit(x) { sleep(x); return x; } return [1, 2].map(visit);`) },
  {
    name: 'functions in an array',
    script: using(
      `const fns = [() => { sleep(1); return 'a'; }, () => 'b']; const out = []; for (const f of fns) out.push(f()); return [out, fns[0](), fns[1]()];`,
    ),
  },
];

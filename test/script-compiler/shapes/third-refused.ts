import type { RefusedShape } from '../differential/shape.js';

const using = (body: string): string =>
  `import { sleep } from 'k6';\nimport http from 'k6/http';\nexport default function () {\n${body}\n}`;

/** Blocking calls at places that do not allow `await`, reached along unusual paths. */
export const THIRD_REFUSED_SHAPES: readonly RefusedShape[] = [
  {
    name: 'an async generator',
    script: using(`async function* g() {\n  sleep(1);\n  yield 1;\n}\nreturn g().next();`),
    refused: /script\.js:5:3: .*a generator cannot wait/,
  },
  {
    name: 'a generator method that calls a helper',
    script: using(
      `const help = () => sleep(1);\nclass A {\n  *all() { help(); yield 1; }\n}\nreturn [...new A().all()];`,
    ),
    refused: /script\.js:6:12: .*a generator cannot wait/,
  },
  {
    name: 'a comparator by way of a bound function and a helper',
    script: using(
      `const by = function (a, b) { return this.rank(a) - this.rank(b); };\nconst ranks = { rank(v) { sleep(1); return v; } };\nreturn [2, 1].sort(by.bind(ranks));`,
    ),
    refused: /script\.js:6:8: .*sort/,
  },
  {
    name: 'a default inside a destructured parameter',
    script: using(`const f = ({ a = http.get('u'), b } = {}) => [a, b];\nreturn f({});`),
    refused: /script\.js:4:18: .*a default parameter cannot wait/,
  },
  {
    name: 'Symbol.toPrimitive',
    script: using(`const o = { [Symbol.toPrimitive]() { sleep(1); return 1; } };\nreturn o + 1;`),
    refused: /script\.js:4:\d+: /,
  },
  {
    name: 'Symbol.iterator that blocks before it gives an iterator',
    script: using(`const o = { [Symbol.iterator]() { sleep(1); return [1][Symbol.iterator](); } };\nreturn [...o];`),
    refused: /script\.js:4:\d+: /,
  },
  {
    name: 'a private static getter',
    script: using(
      `class A {\n  static get #x() { return http.get('u'); }\n  static read() { return A.#x; }\n}\nreturn A.read();`,
    ),
    refused: /script\.js:5:28: .*a getter cannot wait/,
  },
  {
    name: 'the get trap of a proxy that calls a blocking function itself',
    script: using(`const p = new Proxy({}, {\n  get: (o, k) => http.get(k).url,\n});\nreturn p.x;`),
    refused: /script\.js:\d+:\d+: /,
  },
  {
    name: 'a replace callback that is a method of a class',
    script: using(
      `class R { swap = (all) => { sleep(1); return all; };\n  run(s) { return s.replace(/x/g, this.swap); } }\nreturn new R().run('x');`,
    ),
    refused: /script\.js:5:19: .*replace/,
  },
];

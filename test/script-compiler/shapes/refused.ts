import type { RefusedShape } from '../differential/shape.js';

const using = (body: string): string =>
  `import { sleep } from 'k6';\nimport http from 'k6/http';\nexport default function () {\n${body}\n}`;

/** Blocking calls at places that do not allow `await`. */
export const REFUSED_SHAPES: readonly RefusedShape[] = [
  {
    name: 'a sort comparator',
    script: using(`[1].sort((a, b) => { sleep(1); return a - b; });`),
    refused: /script\.js:4:1: blocking call: the function given to sort blocks/,
  },
  {
    name: 'a replace callback',
    script: using(`'x'.replace(/x/, () => http.get('u').body);`),
    refused: /script\.js:4:1: .*replace/,
  },
  {
    name: 'a getter',
    script: using(`const o = {\n  get x() { return http.get('u'); } };\nreturn o.x;`),
    refused: /script\.js:5:20: .*a getter cannot wait/,
  },
  {
    name: 'a setter',
    script: using(`class A { set x(v) { sleep(v); } }\nnew A().x = 1;`),
    refused: /script\.js:4:22: .*a setter cannot wait/,
  },
  {
    name: 'a generator',
    script: using(`function* g() { sleep(1); yield 1; }\nfor (const x of g()) console.log(x);`),
    refused: /a generator cannot wait/,
  },
  {
    name: 'a default parameter',
    script: using(`function f(x = http.get('u')) { return x; }\nreturn f();`),
    refused: /script\.js:4:16: .*a default parameter cannot wait/,
  },
  {
    name: 'a derived constructor',
    script: using(`class A {}\nclass B extends A { constructor() { super(); sleep(1); } }\nnew B();`),
    refused: /script\.js:5:46: .*extends another/,
  },
  {
    name: 'a base constructor that is extended',
    script: using(`class A { constructor() { sleep(1); } }\nclass B extends A {}\nnew B();`),
    refused: /script\.js:4:27: .*others extend/,
  },
  {
    name: 'a class field',
    script: using(`class A { x = http.get('u'); }\nnew A();`),
    refused: /script\.js:4:15: .*a class field cannot wait/,
  },
  {
    name: 'toString',
    script: using(`const o = { toString() { sleep(1); return 'o'; } };\nreturn String(o);`),
    refused: /toString is called by the language/,
  },
  { name: 'a JSON reviver', script: using(`JSON.parse('[1]', (k, v) => { sleep(1); return v; });`), refused: /JSON/ },
  {
    name: 'a SharedArray that blocks',
    script: `import { SharedArray } from 'k6/data';\nimport http from 'k6/http';\nconst s = new SharedArray('s', () => http.get('u').json());\nexport default () => s;`,
    refused: /script\.js:3:11: .*SharedArray/,
  },
  {
    name: 'an indirect forEach',
    script: using(`Array.prototype.forEach.call([1], (x) => sleep(x));`),
    refused: /called indirectly/,
  },
  {
    name: 'several at once, in TypeScript',
    entry: 'script.ts',
    script: `import { sleep } from 'k6';\nconst a: number[] = [];\nexport default (): void => {\n  a.sort((x: number, y: number): number => { sleep(1); return x - y; });\n  a.sort(() => { sleep(2); return 0; });\n};`,
    refused: /2 problems[\s\S]*script\.ts:4:3[\s\S]*script\.ts:5:3/,
  },
  {
    name: 'an unknown module of k6',
    script: `import browser from 'k6/browser';\nexport default () => browser;`,
    refused: /script\.js:1:21: The module .k6\/browser. is not supported; supported are k6, k6\/ws/,
  },
  {
    name: 'a remote import',
    script: `\nimport x from 'https://example.com/x.js';\nexport default () => x;`,
    refused: /script\.js:2:15: The remote import https:\/\/example\.com\/x\.js requires --allow-remote-imports/,
  },
];

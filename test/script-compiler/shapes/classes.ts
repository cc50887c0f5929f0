import type { Shape } from '../differential/shape.js';

const HEAD = `import { sleep } from 'k6';\nimport http from 'k6/http';\n`;

/** Classes, methods, `this`, `new`. */
export const CLASS_SHAPES: readonly Shape[] = [
  {
    name: 'methods and this',
    script: `${HEAD}class A { constructor(n) { this.n = n; } run() { sleep(this.n); return this; } get value() { return this.n; } } export default () => new A(2).run().run().value;`,
  },
  {
    name: 'super methods',
    script: `${HEAD}class A { run() { sleep(1); return 'a'; } } class B extends A { run() { return super.run() + 'b'; } } export default () => new B().run();`,
  },
  {
    name: 'an inherited method that blocks',
    script: `${HEAD}class A { go() { return this.step(); } step() { return 'none'; } } class B extends A { step() { sleep(1); return 'slept'; } } export default () => [new A().go(), new B().go()];`,
  },
  {
    name: 'static and private methods',
    script: `${HEAD}class A { static make() { sleep(1); return new A(); } #inner() { sleep(2); return 3; } outer() { return this.#inner() + 1; } } export default () => A.make().outer();`,
  },
  {
    name: 'a constructor that blocks',
    script: `${HEAD}class A { constructor(n) { this.before = n; sleep(n); this.after = n + 1; } sum() { return this.before + this.after; } } export default () => new A(1).sum();`,
  },
  {
    name: 'a constructor function that blocks',
    script: `${HEAD}function A(n) { sleep(n); this.n = n; } A.prototype.twice = function () { sleep(1); return this.n * 2; }; export default () => { const a = new A(4); return [a.twice(), a instanceof A]; };`,
  },
  {
    name: 'a field that holds a function',
    script: `${HEAD}class A { wait = (n) => { sleep(n); return n; }; } export default () => new A().wait(2);`,
  },
  {
    name: 'a method taken off its object',
    script: `${HEAD}class A { constructor() { this.n = 1; this.run = this.run.bind(this); } run(x) { sleep(this.n); return this.n + x; } } export default () => { const { run } = new A(); return run(2); };`,
  },
  {
    name: 'call and apply',
    script: `${HEAD}function f(a, b) { sleep(a); return this.x + a + b; } export default () => [f.call({ x: 1 }, 2, 3), f.apply({ x: 1 }, [2, 3]), f.bind({ x: 1 }, 2)(3)];`,
  },
  {
    name: 'a computed method name',
    script: `${HEAD}const name = 'go'; class A { [name]() { sleep(1); return 'computed'; } static async *items() { yield 1; } } export default () => new A()[name]();`,
  },
  {
    name: 'object methods and shorthand',
    script: `${HEAD}const api = { login() { sleep(1); return 'in'; }, logout: function () { return 'out'; }, nested: { deep: () => { sleep(2); return 'deep'; } } }; export default () => [api.login(), api.logout(), api.nested.deep()];`,
  },
  {
    name: 'a class from a function',
    script: `${HEAD}const make = (n) => class { run() { sleep(n); return n; } }; export default () => { const C = make(3); return new C().run(); };`,
  },
  {
    name: 'a getter that does not block beside a method that does',
    script: `${HEAD}class A { get url() { return 'u'; } fetch() { return http.get(this.url).url; } } export default () => new A().fetch();`,
  },
];

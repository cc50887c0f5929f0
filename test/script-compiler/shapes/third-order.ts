import type { Shape } from '../differential/shape.js';

const using = (body: string): string =>
  `import { sleep, group, check } from 'k6';\nimport http from 'k6/http';\nconst slow = (v) => { console.log('slow ' + String(v)); sleep(1); return v; };\nexport default function () {\n${body}\n}`;

/** Order of evaluation, exits from blocks, bindings. */
export const THIRD_ORDER_SHAPES: readonly Shape[] = [
  {
    name: 'a key is computed before the value, and the target is read once',
    script: using(
      `const a = []; const f = () => { console.log('f'); return slow(0); }; const g = () => { console.log('g'); return slow('v'); }; a[f()] = g(); a[f()] += g(); let reads = 0; const o = { get a() { reads++; return a; } }; o.a[f()] += slow('w'); return [a, reads];`,
    ),
  },
  {
    name: 'a compound assignment reads its variable before the call',
    script: using(
      `let n = 1; const bump = () => { n += 10; sleep(1); return 5; }; n += bump(); const o = { n: 1 }; const more = () => { o.n = 100; sleep(1); return 2; }; o.n += more(); o['n'] *= more(); return [n, o];`,
    ),
  },
  {
    name: 'logical assignment to members evaluates the object once',
    script: using(
      `let made = 0; const o = { a: null, b: 1, c: 0 }; const get = () => { made++; sleep(1); return o; }; get().a ??= slow('a'); get().b &&= slow('b'); get().c ||= slow('c'); get().a ??= slow('never'); return [o, made];`,
    ),
  },
  {
    name: 'an argument changes a variable that an earlier argument read',
    script: using(
      `let x = 1; const set = (v) => { sleep(1); x = v; return v; }; const list = (...all) => all; return [list(x, set(2), x, set(3), x), x + set(4) + x, [x, set(5), x], \`\${x}\${set(6)}\${x}\`];`,
    ),
  },
  {
    name: 'the method is read before its arguments change it',
    script: using(
      `const o = { m: (v) => 'first ' + v }; const swap = () => { sleep(1); o.m = (v) => 'second ' + v; return 1; }; return [o.m(swap()), o.m(swap())];`,
    ),
  },
  {
    name: 'continue in a finally swallows the exception',
    script: using(
      `const out = []; outer: for (const i of [1, 2, 3]) { try { slow(i); if (i === 2) throw new Error('gone'); out.push(i); } finally { sleep(1); if (i === 2) continue outer; } } return out;`,
    ),
  },
  {
    name: 'a return in a finally wins, and breaks wins over return',
    script: using(
      `const f = () => { try { return slow('try'); } finally { return slow('finally'); } }; const g = () => { l: { try { return slow('lost'); } finally { break l; } } return slow('after'); }; return [f(), g()];`,
    ),
  },
  {
    name: 'the value of a return is kept while its finally blocks',
    script: using(`let v = 1; const f = () => { try { return v; } finally { v = 2; sleep(1); } }; return [f(), v];`),
  },
  {
    name: 'closures over loop variables that the loop changes after waiting',
    script: using(
      `const fs = []; for (let i = slow(0), j = 10; i < 3; i += slow(1), j--) { fs.push(() => [i, j, slow(i)]); if (i === 1) i = slow(1); } for (var k = 0; k < 2; k++) { sleep(1); fs.push(() => k); } return fs.map((f) => f());`,
    ),
  },
  {
    name: 'the dead zone of let, and typeof of what is nowhere',
    script: using(
      `const f = () => { sleep(1); return late; }; const out = []; try { f(); } catch (e) { out.push(e.name); } let late = slow(7); out.push(f(), typeof nowhere); try { nowhere; } catch (e) { out.push(e.name); } return out;`,
    ),
  },
  {
    name: 'functions hoisted out of blocks, and called before they stand',
    script: using(
      `const first = early(1); { const second = inner(2); function inner(v) { return slow(v) + first; } console.log(second); } return early(3); function early(v) { return slow(v) * 10; }`,
    ),
  },
  {
    name: 'arguments are what was passed',
    script: using(
      `function f(a) { sleep(1); a = 9; return [arguments.length, arguments[0], arguments[1], [...arguments].map((x) => slow(x))]; } function g() { const inner = () => { sleep(1); return arguments[0]; }; return inner('no'); } return [f(1, 2), g('yes')];`,
    ),
  },
  {
    name: 'new.target in a function called both ways',
    script: using(
      `function F(v) { sleep(1); if (!new.target) return new F(v); this.v = v; } return [new F(1).v, F(2).v, new F(3) instanceof F, F(4) instanceof F];`,
    ),
  },
  {
    name: 'length and name of functions that block',
    script: using(
      `const f = (a, b, c) => { sleep(1); }; function named(x) { sleep(1); } class K { m(a, b) { sleep(1); } } return [f.length, f.name, named.length, named.name, K.prototype.m.length, K.prototype.m.name];`,
    ),
  },
  {
    name: 'delete, in and instanceof of results',
    script: using(
      `const o = { a: 1, b: 2 }; const key = (k) => { sleep(1); return k; }; return [delete o[key('a')], key('b') in o, key('a') in slow(o), slow([]) instanceof slow(Array), o];`,
    ),
  },
  {
    name: 'destructuring into members, in order, with defaults that block',
    script: using(
      `const o = {}; const at = (k) => { console.log('at ' + k); sleep(1); return k; }; [o[at('x')] = slow('dx'), ...o[at('rest')]] = [undefined, 2, 3]; ({ [at('k')]: o[at('y')] = slow('dy'), ...o[at('others')] } = { z: 1 }); return o;`,
    ),
  },
  {
    name: 'mutual recursion that keeps its frames apart',
    script: using(
      `const even = (n, path) => { sleep(n); const here = path + 'e' + n; const r = n === 0 ? [here] : odd(n - 1, here); return [...r, here]; }; const odd = (n, path) => { const here = path + 'o' + n; const r = n === 0 ? [here] : even(n - 1, here); sleep(n); return [here, ...r]; }; return even(3, '');`,
    ),
  },
  {
    name: 'switch with default in the middle and cases that block',
    script: using(
      `const f = (v) => { const out = []; switch (v) { case slow(1): out.push('one'); default: out.push('default'); case slow(2): out.push('two'); break; case slow(3): out.push('three'); } return out; }; return [f(1), f(2), f(3), f(4)];`,
    ),
  },
  {
    name: 'a tagged template keeps one strings object a place',
    script: using(
      'const seen = new Set(); const tag = (s, ...v) => { sleep(1); seen.add(s); return s.raw[0] + v.map((x) => slow(x)).join(); }; const f = (x) => tag`a\\n${slow(x)}b`; return [f(1), f(2), seen.size, Object.isFrozen([...seen][0])];',
    ),
  },
  {
    name: 'an exception out of nested callbacks passes each finally once',
    script: using(
      `const out = []; try { [1, 2].forEach((a) => { try { [3, 4].map((b) => { try { slow(b); if (b === 4) throw new RangeError('at ' + a + b); } finally { sleep(1); out.push('in' + b); } }); } finally { out.push('out' + a); } }); } catch (e) { out.push(e.name + e.message); } return out;`,
    ),
  },
];

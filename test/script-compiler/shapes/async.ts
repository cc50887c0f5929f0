import type { Shape } from '../differential/shape.js';

const HEAD = `import { sleep } from 'k6';\nimport http from 'k6/http';\n`;

/** The script's own promises and async functions combined with blocking calls. */
export const ASYNC_SHAPES: readonly Shape[] = [
  {
    name: 'an async default function',
    script: `${HEAD}export default async function () { sleep(1); const r = await http.asyncRequest('GET', 'u'); sleep(2); return r.status; }`,
  },
  {
    name: 'a promise is handed through a function that blocks',
    script: `${HEAD}
    function start() { sleep(1); return http.asyncRequest('GET', 'u'); }
    export default async function () { const p = start(); console.log(p instanceof Promise); const r = await p; return r.status; }`,
  },
  {
    name: 'an async function blocks before its first await',
    script: `${HEAD}
    async function f(n) { sleep(n); console.log('prefix', n); await null; console.log('suffix', n); return n; }
    export default async function () { const a = f(1); console.log('called'); const b = f(2); console.log('both'); return Promise.all([a, b]); }`,
  },
  {
    name: 'an async function blocks after its first await',
    script: `${HEAD}
    async function f(n) { await null; sleep(n); console.log('after', n); return n; }
    export default async function () { const all = [f(1), f(2)]; console.log('called'); const done = await Promise.all(all); return done; }`,
  },
  {
    name: 'an async arrow with an expression body',
    script: `${HEAD}const get = async (u) => http.get(u).status; export default async () => { const p = get('a'); console.log('now'); return await p; };`,
  },
  {
    name: 'then with a callback that blocks',
    script: `${HEAD}export default function () { return Promise.resolve(1).then((x) => { sleep(x); return x + 1; }).then((x) => { console.log('then', x); return x; }); }`,
  },
  {
    name: 'a promise callback waits until the blocking call is over',
    script: `${HEAD}export default function () { Promise.resolve().then(() => console.log('micro')); sleep(1); console.log('main'); sleep(2); console.log('end'); }`,
  },
  {
    name: 'a rejected async function',
    script: `${HEAD}async function f() { sleep(1); throw new Error('no'); } export default async function () { try { await f(); } catch (e) { console.log(e.message); } const p = f(); console.log('still'); await p; }`,
  },
  {
    name: 'timers beside blocking calls',
    script: `${HEAD}export default function () { setTimeout(() => { console.log('timer'); sleep(1); console.log('timer end'); }, 5); setTimeout(() => console.log('second'), 6); sleep(1); console.log('main'); }`,
  },
  {
    name: 'new Promise with an executor that blocks',
    script: `${HEAD}export default async function () { const p = new Promise((resolve) => { sleep(1); console.log('executor'); resolve(5); }); console.log('made'); return await p; }`,
  },
  {
    name: 'for await over promises',
    script: `${HEAD}export default async function () { for await (const r of [http.asyncRequest('GET', 'a'), http.asyncRequest('GET', 'b')]) { console.log(r.url); sleep(1); } }`,
  },
  {
    name: 'an async function that does not block stays',
    script: `${HEAD}async function f() { await null; return 1; } export default async function () { const p = f(); console.log(p instanceof Promise); return (await p) + 1; }`,
  },
  {
    name: 'promises in an array made by a callback that blocks',
    script: `${HEAD}export default async function () { const ps = ['a', 'b'].map((u) => { sleep(1); return http.asyncRequest('GET', u); }); console.log(ps.every((p) => p instanceof Promise)); return (await Promise.all(ps)).map((r) => r.url); }`,
  },
  {
    name: 'async callbacks of map',
    script: `${HEAD}export default async function () { const ps = [1, 2].map(async (n) => { sleep(n); await null; console.log('after', n); return n; }); console.log('started', ps.length); return Promise.all(ps); }`,
  },
];

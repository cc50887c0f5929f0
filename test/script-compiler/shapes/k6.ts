import type { Shape } from '../differential/shape.js';

const HEAD = `import { sleep, check, group, fail } from 'k6';\nimport http from 'k6/http';\nimport ws from 'k6/ws';\n`;

/** k6's functions that take callbacks. */
export const K6_SHAPES: readonly Shape[] = [
  {
    name: 'ws.connect with handlers that sleep',
    script: `${HEAD}export default function () { const r = ws.connect('ws://x', null, function (socket) { socket.on('open', () => { console.log('open'); sleep(1); socket.send('hi'); }); socket.on('message', (m) => { console.log(m); if (m === 'two') socket.close(); }); socket.on('close', () => console.log('closed')); socket.setTimeout(() => { sleep(2); }, 100); }); check(r, { 'is 101': (x) => x && x.status === 101 }); sleep(1); }`,
  },
  {
    name: 'group with and without a blocking callback',
    script: `${HEAD}export default () => { const a = group('one', () => { sleep(1); return 'a'; }); const b = group('two', () => 'b'); return group('outer', () => group('inner', () => { http.get('x'); return a + b; })); };`,
  },
  {
    name: 'check with a predicate that blocks',
    script: `${HEAD}export default () => check(1, { plain: (x) => x === 1, slow: (x) => { sleep(x); return true; }, fixed: true }) ? 'yes' : 'no';`,
  },
  {
    name: 'check in a condition',
    script: `${HEAD}export default () => { if (!check(http.get('x'), { ok: (r) => r.status === 404 })) { try { fail('not found'); } catch (e) { return e.message; } } };`,
  },
  {
    name: 'group that throws',
    script: `${HEAD}export default () => { group('g', () => { sleep(1); throw new Error('inside'); }); };`,
  },
  {
    name: 'SharedArray whose constructor does not block',
    script: `${HEAD}import { SharedArray } from 'k6/data'; const users = new SharedArray('users', () => [{ n: 1 }, { n: 2 }]); export default () => users.map((u) => http.get('u' + u.n).url);`,
  },
  {
    name: 'setup, default and teardown',
    script: `${HEAD}export const options = { vus: 1 }; export function setup() { sleep(1); return { token: http.get('t').status }; } export default function (data) { sleep(2); return data; } export const teardown = (data) => { console.log('teardown', data); };`,
    calls: ['setup', 'default', 'teardown'],
  },
  {
    name: 'live globals',
    script: `${HEAD}export default () => { sleep(1); return { __VU, iter: __ITER, name: __ENV.NAME, missing: __ENV.NONE }; };`,
  },
  {
    name: 'handlers in a user class',
    script: `${HEAD}class Client { constructor(url) { this.url = url; this.seen = []; } run() { ws.connect(this.url, (s) => { s.on('message', (m) => this.onMessage(m)); }); return this.seen; } onMessage(m) { sleep(1); this.seen.push(m); } } export default () => new Client('ws://y').run();`,
  },
  {
    name: 'a handler that throws',
    script: `${HEAD}export default () => { try { ws.connect('ws://x', (s) => { s.on('message', (m) => { sleep(1); throw new Error('in ' + m); }); }); } catch (e) { return e.message; } };`,
  },
];

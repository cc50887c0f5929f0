import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runScriptFiles } from '../support/script-files.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { WsgProcess } from '../support/wsg-process.js';

const SECONDS = 2;
const ARRIVALS = `timeUnit: '1s', preAllocatedVUs: 3`;

/** Options of each of k6's executors that only time ends. */
const EXECUTORS: readonly (readonly [name: string, scenario: string])[] = [
  ['constant-vus', `vus: 2, duration: '${SECONDS}s'`],
  ['ramping-vus', `startVUs: 1, stages: [{ duration: '${SECONDS}s', target: 3 }]`],
  ['per-vu-iterations', `vus: 2, iterations: 1e9, maxDuration: '${SECONDS}s'`],
  ['shared-iterations', `vus: 2, iterations: 1e9, maxDuration: '${SECONDS}s'`],
  ['constant-arrival-rate', `rate: 50000, duration: '${SECONDS}s', ${ARRIVALS}`],
  ['ramping-arrival-rate', `startRate: 50000, stages: [{ duration: '${SECONDS}s', target: 80000 }], ${ARRIVALS}`],
];

/** Iterations that never wait. */
const BODIES: readonly (readonly [name: string, body: string])[] = [
  ['throws', `throw new Error('at once');`],
  ['counts', 'n++;'],
  ['logs', `console.log('the same');`],
  ['has an invalid URL for k6/ws', `ws.connect('not a url', () => {});`],
  ['has an invalid URL for k6/websockets', `new WebSocket('not a url');`],
  ['has an invalid URL for k6/http', `http.get('http://[');`],
];

function scriptOf(scenario: string, body: string): string {
  return `import ws from 'k6/ws'; import { WebSocket } from 'k6/websockets'; import http from 'k6/http'; let n = 0;
    export const options = { scenarios: { one: { gracefulStop: '0s', ${scenario} } } }; export default function () { ${body} }`;
}

function timesOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

describe('an iteration that never waits', () => {
  it.each(EXECUTORS)('ends with the time: %s', async (executor, options) => {
    const script = scriptOf(`executor: '${executor}', ${options}`, BODIES[0]?.[1] ?? '');
    const { code, stdout, stderr } = await runScriptFiles({ 'script.js': script });
    expect(stderr).not.toMatch(/crashed/);
    expect(code).toBe(0);
    expect(Number(/iterations\.+: (\d+)/.exec(stdout)?.[1])).toBeGreaterThan(100);
    // At most two threads with a hundred lines each, and one line per second for those that were
    // counted.
    expect(timesOf(stderr, /Error: at once/g)).toBeLessThan(220);
    expect(stderr).toMatch(/at once.*\(written \d+ times more, not shown\)/);
  });

  it.each(BODIES)('ends with the time: one that %s', async (_name, body) => {
    const { code, stderr } = await runScriptFiles({
      'script.js': scriptOf(`executor: 'constant-vus', vus: 2, duration: '1s'`, body),
    });
    expect(stderr).not.toMatch(/crashed/);
    expect(code).toBe(0);
    expect(timesOf(stderr, /\n/g)).toBeLessThan(300);
  });

  it('writes every line that differs from the others', async () => {
    const { stderr } = await runScriptFiles({
      'script.js': `export const options = { iterations: 20000 }; export default function () { console.log('line ' + __ITER); }`,
    });
    expect(timesOf(stderr, /msg="line \d+"/g)).toBe(20_000);
  });

  it('is interrupted, and ends as in k6', async () => {
    const cwd = await temporaryFolder();
    await writeFile(
      join(cwd, 'script.js'),
      scriptOf(`executor: 'constant-vus', vus: 4, duration: '10m'`, `throw new Error('at once');`),
    );
    const wsg = new WsgProcess(['loadtest', 'script.js', '--no-run', '--allow-saturated'], { cwd });
    await wsg.says(/at once/);
    wsg.kill('SIGINT');
    const { code, stdout } = await wsg.ended;
    expect(code).toBe(105);
    expect(stdout).toMatch(/iterations\.+: \d+/);
  });
});

describe('an arrival rate that this machine cannot keep', () => {
  it('counts each arrival as begun or dropped', async () => {
    const script = scriptOf(
      // The graceful stop lets begun iterations end: one that is interrupted is in neither count.
      `executor: 'constant-arrival-rate', rate: 20000, duration: '1s', gracefulStop: '30s', ${ARRIVALS}`,
      'for (let i = 0; i < 1e5; i++);',
    );
    const { stdout } = await runScriptFiles({ 'script.js': script });
    const count = (name: string): number => Number(new RegExp(`^ *${name}\\.+: (\\d+)`, 'm').exec(stdout)?.[1] ?? 0);
    expect(count('iterations') + count('dropped_iterations')).toBe(20_000);
  });
});

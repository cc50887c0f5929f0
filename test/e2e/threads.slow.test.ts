import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRun } from '../../src/run-file/index.js';
import { LoadTarget } from '../support/load-target.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg, WsgProcess, type Ending } from '../support/wsg-process.js';

let target: LoadTarget;

beforeAll(async () => {
  target = new LoadTarget((socket) => socket.on('message', (bytes: Buffer) => socket.send(bytes, { binary: false })));
  await target.start();
});

afterAll(() => target.stop());

interface Summary {
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly root_group: {
    readonly checks: Readonly<Record<string, { readonly passes: number; readonly fails: number }>>;
  };
  readonly setup_data?: unknown;
}

interface ThreadedRun extends Ending {
  readonly summary: Summary;
  readonly lines: readonly string[];
  readonly runPath: string;
}

function isSummary(value: unknown): value is Summary {
  return typeof value === 'object' && value !== null && 'metrics' in value && 'root_group' in value;
}

async function place(script: string): Promise<string> {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'script.js'), script);
  return cwd;
}

const FLAGS = ['-q', '--allow-saturated', '--run', 'it.run', '--summary-export', 'summary.json'];

/** Runs a script in several threads and gathers its console lines. */
async function runThreads(threads: number, script: string, ...flags: readonly string[]): Promise<ThreadedRun> {
  const cwd = await place(script);
  const args = ['loadtest', 'script.js', '--threads', String(threads), ...FLAGS, '-e', `WS_URL=${target.url}`];
  const ending = await runWsg([...args, ...flags], { cwd });
  const summary: unknown = JSON.parse(await readFile(join(cwd, 'summary.json'), 'utf8'));
  if (!isSummary(summary)) throw new TypeError(`no summary: ${ending.stderr}`);
  const lines = [...ending.stderr.matchAll(/msg="?(?<text>.*?)"? source=console/g)].map(
    (match) => match.groups?.['text'] ?? '',
  );
  return { ...ending, summary, lines, runPath: join(cwd, 'it.run') };
}

function lineNumbers(lines: readonly string[], start: string): number[] {
  return lines
    .filter((line) => line.startsWith(start))
    .map((line) => Number(line.slice(start.length)))
    .toSorted((one, other) => one - other);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('a script over several threads', () => {
  it('gives each virtual user its own number, runs setup and teardown once, and adds up all counts', async () => {
    const { code, summary, lines } = await runThreads(
      3,
      `
      import { check } from 'k6';
      import exec from 'k6/execution';
      import ws from 'k6/ws';
      import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
      import { SharedArray } from 'k6/data';
      const words = new SharedArray('words', () => ['a', 'b', 'c']);
      const counted = new Counter('counted'), share = new Rate('share'), sizes = new Trend('sizes'), top = new Gauge('top');
      export const options = {
        scenarios: { all: { executor: 'per-vu-iterations', vus: 7, iterations: 3 } },
        thresholds: { counted: ['count==42'], 'counted{kind:x}': ['count==21'], checks: ['rate==1'], share: ['rate==0.5'] },
      };
      export function setup() { console.log('setup'); return { from: 'setup', list: [1, 2] }; }
      export default function (data) {
        if (__ITER === 0) console.log('vu ' + exec.vu.idInTest);
        ws.connect(__ENV.WS_URL, null, (socket) => {
          socket.on('open', () => socket.send(words[__ITER]));
          socket.on('message', (text) => { check(text, { echoed: (t) => t === words[__ITER] && data.list[1] === 2 }); socket.close(); });
        });
        counted.add(1); counted.add(1, { kind: 'x' });
        share.add(__VU % 2 === 0); share.add(__VU % 2 === 1);
        sizes.add(__VU * 10 + __ITER); top.add(__VU);
      }
      export function teardown(data) { console.log('teardown ' + data.from); }
    `,
    );
    expect(code).toBe(0);
    expect(lines.filter((line) => line === 'setup')).toHaveLength(1);
    expect(lines.filter((line) => line === 'teardown setup')).toHaveLength(1);
    expect(lineNumbers(lines, 'vu ')).toEqual(upTo(7));
    expect(summary.setup_data).toEqual({ from: 'setup', list: [1, 2] });
    expect(summary.root_group.checks['echoed']).toMatchObject({ passes: 21, fails: 0 });
    const { metrics } = summary;
    expect(metrics['iterations']).toMatchObject({ count: 21 });
    expect(metrics['counted']).toMatchObject({ count: 42 });
    expect(metrics['counted{kind:x}']).toMatchObject({ count: 21 });
    expect(metrics['share']).toMatchObject({ passes: 21, fails: 21, value: 0.5 });
    expect(metrics['sizes']).toMatchObject({ min: 10, max: 72, avg: 41 });
    expect(metrics['top']).toMatchObject({ min: 1, max: 7 });
    expect(metrics['ws_sessions']).toMatchObject({ count: 21 });
    expect(metrics['ws_msgs_received']).toMatchObject({ count: 21 });
  });

  it('shares iterations exactly, whatever the executor', async () => {
    const { code, summary, lines } = await runThreads(
      2,
      `
      import { sleep } from 'k6';
      import exec from 'k6/execution';
      export const options = { scenarios: {
        shared: { executor: 'shared-iterations', vus: 5, iterations: 23, exec: 'shared' },
        each: { executor: 'per-vu-iterations', vus: 3, iterations: 4, exec: 'each' },
        rate: { executor: 'constant-arrival-rate', rate: 20, duration: '2s', preAllocatedVUs: 10, exec: 'rate' },
        ramp: { executor: 'ramping-vus', startVUs: 1, stages: [{ target: 4, duration: '1s' }, { target: 0, duration: '1s' }], gracefulRampDown: '0s', exec: 'ramp' },
      } };
      export function shared() { console.log('shared ' + (exec.scenario.iterationInTest + 1)); sleep(0.02); }
      export function each() { console.log('each ' + (exec.scenario.iterationInTest + 1)); }
      export function rate() { console.log('rate ' + (exec.scenario.iterationInTest + 1)); }
      export function ramp() { sleep(0.05); }
    `,
    );
    expect(code).toBe(0);
    expect(lineNumbers(lines, 'shared ')).toEqual(upTo(23));
    expect(lineNumbers(lines, 'each ')).toEqual(upTo(12));
    const begun = lineNumbers(lines, 'rate ');
    expect(begun).toEqual(upTo(begun.length));
    expect(begun.length + (summary.metrics['dropped_iterations']?.['count'] ?? 0)).toBe(40);
  });

  it('ends as a whole when one thread aborts the test', async () => {
    const { code, stderr, summary } = await runThreads(
      2,
      `
      import { sleep } from 'k6';
      import exec from 'k6/execution';
      export const options = { vus: 4, duration: '1m' };
      export default function () { sleep(0.1); if (__VU === 2 && __ITER === 3) exec.test.abort('enough'); }
    `,
    );
    expect(code).toBe(108);
    expect(stderr).toMatch(/enough/);
    expect(summary.metrics['iterations']?.['count']).toBeLessThan(60);
  });

  it('ends as a whole when a threshold over all of them is crossed', async () => {
    const { code, summary } = await runThreads(
      2,
      `
      import { sleep } from 'k6';
      export const options = { vus: 4, duration: '1m', thresholds: { iterations: [{ threshold: 'count<8', abortOnFail: true }] } };
      export default function () { sleep(0.3); }
    `,
    );
    expect(code).toBe(99);
    expect(summary.metrics['iterations']?.['count']).toBeGreaterThanOrEqual(8);
  });

  it('ends cleanly at a signal, and its header names the threads', async () => {
    const cwd = await place(
      `import { sleep } from 'k6'; export const options = { vus: 4, duration: '1m' }; export default function () { sleep(0.1); } export function teardown() { console.log('torn down'); }`,
    );
    const wsg = new WsgProcess(['loadtest', 'script.js', '--threads', '2', '--run', 'it.run', '--allow-saturated'], {
      cwd,
    });
    await wsg.says(/threads: 2/);
    await wsg.says(/[1-9]\d* complete/);
    wsg.kill('SIGINT');
    const { code, stdout, stderr } = await wsg.ended;
    expect(code).toBe(105);
    expect(stderr).toMatch(/torn down/);
    expect(stdout).toMatch(/iterations\.+: \d+/);
    const run = await readRun(join(cwd, 'it.run'));
    expect(run.header.threads).toBe(2);
    expect(run.end.reason).toBe('stopped-by-signal');
  });
});

describe('a thread of a script that fails', () => {
  it('while it loads ends the run as a script exception, with the line', async () => {
    const { code, stderr } = await runThreads(
      2,
      `
      if (__VU === 2) throw new Error('not for me');
      export const options = { vus: 4, duration: '5s' };
      export default function () {}
    `,
    );
    expect(code).toBe(107);
    expect(stderr).toMatch(/Error: not for me/);
    expect(stderr).toMatch(/script\.js:2/);
  });

  it('during the run ends it with the reason, and keeps what was recorded', async () => {
    const cwd = await place(`
      import { sleep } from 'k6';
      export const options = { vus: 4, duration: '1m' };
      const kept = [];
      export default function () {
        sleep(0.2);
        if (__VU === 2 && __ITER > 6) for (;;) kept.push(new Array(100000).fill(kept.length));
      }
    `);
    const args = ['loadtest', 'script.js', '--threads', '2', ...FLAGS];
    const env = { NODE_OPTIONS: '--max-old-space-size=150' };
    const { code, stderr, stdout } = await runWsg(args, { cwd, env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/a load thread crashed: .*memory/);
    expect(stdout).toMatch(/iterations\.+: \d+/);
    const run = await readRun(join(cwd, 'it.run'));
    expect(run.end.reason).toBe('failed');
    expect(run.end.totals.counters['iterations']).toBeGreaterThanOrEqual(20);
  });
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LoadTarget } from '../support/load-target.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg, WsgProcess } from '../support/wsg-process.js';

/** Messages that each virtual user receives at once. */
const MESSAGES = 5000;

async function startTarget(): Promise<LoadTarget> {
  const target = new LoadTarget((socket, self) => {
    for (let message = 0; message < MESSAGES; message += 1) self.send(socket, 'routine message');
  });
  await target.start();
  onTestFinished(() => target.stop());
  return target;
}

function jsonLines(text: string): { type: string; metric: string; data: { value: number; tags: unknown } }[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('--out', () => {
  it('writes every sample to several outputs, and their totals are those of the summary', async () => {
    const folder = await temporaryFolder();
    const [json, csv] = [join(folder, 'samples.json'), join(folder, 'samples.csv')];
    const target = await startTarget();
    const exported = join(folder, 'summary.json');
    const outputs = ['--summary-export', exported, '-o', `json=${json}`, '-o', `csv=${csv}`, '--tag', 'room=a'];
    const load = ['--url', target.url, '-u', '2', '-d', '1s', '--graceful-stop', '0s', '--allow-saturated', '--no-run'];
    const { code, stdout, stderr } = await runWsg(['loadtest', ...load, ...outputs, '--json']);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`output: json (${json}), csv (${csv})\n`);
    expect(stderr).not.toContain('dropped');
    const { metrics } = JSON.parse(stdout);
    const points = jsonLines(await readFile(json, 'utf8')).filter(({ type }) => type === 'Point');
    const rows = (await readFile(csv, 'utf8')).trimEnd().split('\n').slice(1);
    // On a busy machine the run may end before the second session has received its messages.
    expect(metrics.ws_msgs_received.values.count).toBeGreaterThanOrEqual(MESSAGES);
    for (const metric of ['ws_msgs_received', 'ws_sessions', 'data_received']) {
      const { count } = metrics[metric].values;
      const values = points.filter((point) => point.metric === metric).map(({ data }) => data.value);
      const cells = rows.map((row) => row.split(',')).filter(([name]) => name === metric);
      expect(sum(values), metric).toBe(count);
      expect(sum(cells.map(([, , value]) => Number(value))), metric).toBe(count);
    }
    const { passes, fails } = metrics.checks.values;
    expect(points.filter(({ metric }) => metric === 'checks')).toHaveLength(passes + fails);
    const { metrics: flat } = JSON.parse(await readFile(exported, 'utf8'));
    expect(flat.ws_sessions).toEqual(metrics.ws_sessions.values);
    const session = points.find(({ metric }) => metric === 'ws_sessions');
    expect(session?.data.tags).toEqual({ room: 'a', scenario: 'default' });
    const users = points.filter(({ metric }) => metric === 'vus').map(({ data }) => data);
    expect(users[0]).toMatchObject({ value: 2, tags: { room: 'a' } });
  });

  it.each([
    ['json', 'json(stdout)', /^\{.*\}$/],
    ['json=-', 'json(stdout)', /^\{.*\}$/],
    ['csv=-', 'csv (stdout)', /^([^,]*,){18}[^,]*$/],
  ])('%s has standard output to itself; header and summary go to standard error', async (out, description, row) => {
    const target = await startTarget();
    const load = ['--url', target.url, '-u', '1', '-d', '1s', '--graceful-stop', '0s', '--allow-saturated', '--no-run'];
    const { code, stdout, stderr } = await runWsg(['loadtest', ...load, '-o', out]);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`output: ${description}\n`);
    expect(stderr).toMatch(/ws_sessions\.+: 1 /);
    const rows = stdout.trimEnd().split('\n');
    expect(rows.filter((text) => !row.test(text))).toEqual([]);
    expect(rows.length).toBeGreaterThan(MESSAGES);
  });

  it('refuses samples on standard output together with --json', async () => {
    const { code, stderr } = await runWsg([
      'loadtest',
      '--url',
      'ws://127.0.0.1:1',
      '--no-run',
      '--json',
      '-o',
      'json',
    ]);
    expect(code).toBe(104);
    expect(stderr).toContain('name a file');
  });

  it('serves the run to Prometheus while it runs', async () => {
    const target = await startTarget();
    const load = ['--url', target.url, '-u', '1', '-d', '60s', '--no-run', '--out', 'prometheus=127.0.0.1:0'];
    const wsg = new WsgProcess(['loadtest', ...load]);
    const [, url = ''] = await wsg.says(/output: prometheus \((http:\/\/127\.0\.0\.1:\d+\/metrics)\)/);
    await wsg.says(/running \(0m02\.\ds\)/);
    const text = await (await fetch(url)).text();
    expect(text).toContain(`\nwsg_ws_msgs_received_total ${MESSAGES}\n`);
    wsg.kill('SIGINT');
    const { code, stderr } = await wsg.ended;
    expect(code, stderr).toBe(105);
  });

  it('ends with 15 before anything starts when a file cannot be created', async () => {
    const path = join(await temporaryFolder(), 'missing', 'samples.json');
    const target = await startTarget();
    const { code, stderr } = await runWsg(['loadtest', '--url', target.url, '--no-run', '-o', `json=${path}`]);
    expect(code).toBe(15);
    expect(stderr).toContain(`${path} cannot be written`);
    expect(target.counts.sessions).toBe(0);
  });
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

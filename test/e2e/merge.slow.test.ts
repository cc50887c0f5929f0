import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRun } from '../../src/run-file/index.js';
import { LoadTarget } from '../support/load-target.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg } from '../support/wsg-process.js';

const SLOW = { timeout: 120_000 };
const COUNT = 3;

let target: LoadTarget;

beforeAll(async () => {
  target = new LoadTarget((socket) => socket.on('message', (bytes: Buffer) => socket.send(bytes, { binary: false })));
  await target.start();
});

afterAll(() => target.stop());

/** Runs the same load in these processes at the same time, in a new folder. */
async function runLoads(...loads: readonly (readonly string[])[]): Promise<string> {
  const cwd = await temporaryFolder();
  const shape = ['--vus', '6', '--rate', '60', '--duration', '4s', '--threads', '1', '--allow-saturated'];
  const args = ['loadtest', '--scenario', 'echo', '--url', target.url, ...shape, '--no-preflight', '-q'];
  for (const { code, stderr } of await Promise.all(loads.map((flags) => runWsg([...args, ...flags], { cwd })))) {
    expect(code, stderr).toBe(0);
  }
  return cwd;
}

const shards = Array.from({ length: COUNT }, (_, place) => [
  '--shard',
  `${place + 1}/${COUNT}`,
  '--run',
  `shards/${place + 1}.run`,
]);

describe('wsg report merge', () => {
  it('adds up three processes to the run of the whole plan', SLOW, async () => {
    const cwd = await runLoads(...shards, ['--run', 'whole.run']);
    const args = ['report', 'merge', 'shards/', '--output', 'merged.run', '--allow-saturated'];
    const { code, stdout, stderr } = await runWsg(args, { cwd });
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('merged from 3 shards');
    expect(stdout).toContain('default: 6 looping VUs for 4s');
    const merged = await readRun(join(cwd, 'merged.run'));
    const parts = await Promise.all([1, 2, 3].map((index) => readRun(join(cwd, 'shards', `${index}.run`))));
    for (const name of ['ws_msgs_sent', 'ws_msgs_received', 'ws_sessions', 'iterations']) {
      const sum = parts.reduce((total, { end }) => total + (end.totals.counters[name] ?? 0), 0);
      expect(merged.end.totals.counters[name] ?? 0, name).toBe(sum);
    }
    expect(merged.end.totals.counters['ws_sessions']).toBe(6);
    const whole = await readRun(join(cwd, 'whole.run'));
    expect(merged.header.planHash).toBe(whole.header.planHash);
    expect(merged.header.vus).toBe(6);

    // It compares with the run of the whole plan from one machine; a part does not.
    const compared = await runWsg(['report', 'whole.run', 'merged.run', '--json'], { cwd });
    expect(JSON.parse(compared.stdout)).toMatchObject({ differences: expect.any(Array) });
    expect(compared.stdout).not.toMatch(/"consequence":\s*"invalid"/);
    const half = await runWsg(['report', 'whole.run', 'shards/1.run'], { cwd });
    expect(half.code).toBe(13);
    expect(half.stdout).toContain('segment differs');
  });

  it('merges a folder for a report, and ends with 13 if a shard is missing unless that is allowed', SLOW, async () => {
    const cwd = await runLoads(...shards);
    const { code, stdout, stderr } = await runWsg(['report', 'shards', '--json'], { cwd });
    expect(code, stderr).toBe(0);
    const summary: unknown = JSON.parse(stdout);
    expect(summary).toMatchObject({ wsg: { shards: [{ index: 1 }, { index: 2 }, { index: 3 }], share: 1 } });
    const args = ['report', 'merge', 'shards/1.run', 'shards/3.run', '--allow-saturated', '--json'];
    const strict = await runWsg([...args, '--output', 'strict.run'], { cwd });
    expect(strict.code, strict.stderr).toBe(13);
    expect(JSON.parse(strict.stdout)).toMatchObject({ wsg: { valid: false, invalid: ['shard 2 of 3 is missing'] } });
    const lenient = await runWsg([...args, '--output', 'lenient.run', '--allow-missing'], { cwd });
    expect(lenient.code, lenient.stderr).toBe(0);
    expect((await readRun(join(cwd, 'lenient.run'))).header.share).toBeCloseTo(2 / 3, 12);
  });

  it('never overwrites a run, and refuses runs of other plans', SLOW, async () => {
    const cwd = await runLoads(['--run', 'whole.run']);
    const before = await readFile(join(cwd, 'whole.run'), 'latin1');
    const kept = await runWsg(['report', 'merge', 'whole.run', '--output', 'whole.run'], { cwd });
    expect(kept.code).toBe(2);
    expect(await readFile(join(cwd, 'whole.run'), 'latin1')).toBe(before);
    const unfit = await runWsg(['report', 'merge', 'whole.run', '--output', 'unfit.run'], { cwd });
    expect(unfit.code).toBe(13);
    expect(unfit.stderr).toContain('ran a whole plan');
  });
});

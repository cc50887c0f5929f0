import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunHeader } from '../../src/run-file/records.js';
import { sampleHeader } from '../support/sample-run.js';
import { writeEchoRun } from '../support/synthetic-run-file.js';
import { runWsg } from '../support/wsg-process.js';

const GATE = ['--gate', 'ws_rtt p(50) < +20%'];
const OTHER_MACHINE = { ...sampleHeader().machine, cpuModel: 'another processor' };
const commit = (digit: number): string => String(digit).repeat(40);
let cwd: string;

const report = (...args: readonly string[]) => runWsg(['report', ...args], { cwd });
const write = (name: string, day: number, medianMs: number, more: Partial<RunHeader> = {}) =>
  writeEchoRun(join(cwd, name), medianMs, { startedAt: `2026-01-0${day}T00:00:00.000Z`, ...more });

describe('wsg report NEW --baseline', () => {
  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'wsg-baselines-'));
    for (const day of [1, 2, 3]) {
      await write(`good-${day}.run`, day, 10 + day / 50, { labels: { commit: commit(day), branch: 'main' } });
    }
    await write('plan.run', 4, 10, { vus: 7 });
    await write('machine.run', 5, 10, { machine: OTHER_MACHINE });
    await writeFile(join(cwd, 'damaged.run'), 'wsg-run 1.0\nrub\nbish\n');
    await write('new.run', 8, 10.1, { labels: { commit: commit(8), branch: 'feature', url: 'https://ci.example/8' } });
    await write('slow.run', 9, 20);
  });

  afterAll(() => rm(cwd, { recursive: true }));

  it('leaves out runs that cannot be compared, each with its reason, and judges the others', async () => {
    const { code, stdout } = await report('new.run', '--baseline', '*.run', ...GATE);
    expect(code).toBe(0);
    const text = stdout.replaceAll(/\s+/g, ' ');
    for (const line of [
      'left out: damaged.run, The run file damaged.run contains no second of a run: the file is damaged at byte 12',
      'left out: new.run, it is the new run itself',
      'left out: plan.run, it differs from the new run in vus',
      'left out: machine.run, it was recorded on another machine',
      'left out: slow.run, it is an outlier',
    ]) {
      expect(text).toContain(line);
    }
  });

  it('is invalid when no run can be compared, and names the reasons', async () => {
    const { code, stdout } = await report('new.run', '--baseline', 'plan.run', ...GATE);
    expect(code).toBe(13);
    expect(stdout).toMatch(/^invalid: the runs cannot be compared: vus differs/);
    expect((await report('new.run', '--baseline', 'new.run', ...GATE)).code).toBe(13);
  });

  it('compares runs of different machines with a warning, unless the same machine is required', async () => {
    const { code, stdout } = await report('new.run', '--baseline', 'machine.run', ...GATE);
    expect(code).toBe(0);
    expect(stdout).toContain('machine differs');
    const required = await report('new.run', '--baseline', 'machine.run', '--require-same', 'machine', ...GATE);
    expect(required.code).toBe(13);
    expect(required.stdout).toContain('machine differs');
    const pair = await report('machine.run', 'new.run', '--require-same', 'machine', ...GATE);
    expect(pair.code).toBe(13);
  });

  it('compares with the runs of a merge base, found by its commit', async () => {
    for (const day of [1, 2, 3]) await report('save', `good-${day}.run`, '--as', 'main');
    const at = (...commits: readonly string[]) => ['--baseline', 'main', ...commits.flatMap((one) => ['--at', one])];
    const { code, stdout } = await report('new.run', ...at(commit(2)), ...GATE, '--json');
    expect(code).toBe(0);
    const { base, next } = JSON.parse(stdout);
    expect(base.map((run: { labels: object }) => run.labels)).toEqual([
      { commit: commit(1), branch: 'main' },
      { commit: commit(2), branch: 'main' },
    ]);
    expect(next[0].labels).toEqual({ commit: commit(8), branch: 'feature', url: 'https://ci.example/8' });
    // A commit without a run is skipped.
    const text = await report('new.run', ...at(`${commit(7)}\n${commit(1).slice(0, 8)}`), ...GATE);
    expect(text.stdout).toMatch(
      /base .*\.run \(commit 111111111111, branch main\)\nnew {2}new\.run \(commit 888888888888, branch feature, url/,
    );
    const missing = await report('new.run', ...at(commit(7)), ...GATE);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain(`No baseline run has the commit ${commit(7)}`);
    expect((await report('new.run', 'good-1.run', '--at', commit(1))).code).toBe(2);
  });

  it('trend fails on a step for the worse with --fail-on-step, and on a series that is too short to judge', async () => {
    for (let at = 0; at < 12; at += 1)
      await writeEchoRun(join(cwd, `series-${String(at + 10)}.run`), at < 6 ? 10 : 14, {
        startedAt: new Date(Date.UTC(2026, 1, 1 + at)).toISOString(),
      });
    const trend = async (...args: readonly string[]) => (await report('trend', ...args)).code;
    expect(await trend('series-*.run')).toBe(0);
    expect(await trend('series-*.run', '--fail-on-step')).toBe(10);
    expect(await trend('series-1?.run', '--fail-on-step', '--gate', 'nothing p(50) < +10%')).toBe(13);
    expect(await trend('series-1[0-4].run', '--fail-on-step')).toBe(13);
  });

  it('shows the labels in every list of runs', async () => {
    await report('save', 'good-1.run', '--as', 'main');
    expect((await report('show', 'main')).stdout).toMatch(/\.run {2}commit 111111111111, branch main\n/);
    expect((await report('new.run')).stdout).toContain(
      '\n  * commit 888888888888, branch feature, url https://ci.example/8\n',
    );
    for (const format of ['markdown', 'html']) {
      const { stdout } = await report('good-1.run', 'new.run', ...GATE, '--format', format);
      expect(stdout).toContain('commit 888888888888, branch feature');
    }
    const { code } = await report('save', 'damaged.run', '--as', 'main');
    expect(code).toBe(2);
  });
});

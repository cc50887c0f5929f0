import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeEchoRun } from '../support/synthetic-run-file.js';
import { runWsg } from '../support/wsg-process.js';

describe('wsg report BASE NEW', () => {
  let cwd: string;

  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'wsg-compare-'));
    await writeEchoRun(join(cwd, 'base.run'), 10);
    await writeEchoRun(join(cwd, 'new.run'), 10.1, { startedAt: '2024-04-10T00:00:00.000Z' });
    await writeEchoRun(join(cwd, 'slow.run'), 14);
    await writeEchoRun(join(cwd, 'other.run'), 10, { plan: { behaviour: { rate: 7 } } });
  });

  afterAll(() => rm(cwd, { recursive: true }));

  const report = (...args: readonly string[]) => runWsg(['report', ...args], { cwd });

  it('gives the same verdict for the same runs each time', async () => {
    const one = await report('base.run', 'new.run', '--gate', 'ws_rtt p(50) < +50%', '--json');
    const two = await report('base.run', 'new.run', '--gate', 'ws_rtt p(50) < +50%', '--json');
    expect(one.code).toBe(0);
    expect(one.stdout).toBe(two.stdout);
    expect(JSON.parse(one.stdout)).toMatchObject({ gates: [{ verdict: 'within budget' }] });
  });

  it('ends with 13 when a run is compared with itself, even under another name', async () => {
    await copyFile(join(cwd, 'base.run'), join(cwd, 'copy.run'));
    for (const other of ['base.run', 'copy.run']) {
      const { code, stdout } = await report('base.run', other, '--gate', 'ws_rtt p(50) < +50%');
      expect(code).toBe(13);
      expect(stdout).toContain(`invalid: the runs cannot be compared: ${other} is the same run as base.run`);
    }
  });

  it('ends with 13 when one of the gates cannot be judged, in every format', async () => {
    const gates = ['--gate', 'ws_rtt p(50) < +50%', '--gate', 'ws_rtt_renamed p(50) < +50%'];
    const { code, stdout, stderr } = await runWsg(
      ['report', 'base.run', 'new.run', ...gates, '--output', 'unjudged.xml'],
      { cwd, env: { GITHUB_ACTIONS: 'true' } },
    );
    expect(code).toBe(13);
    expect(stdout).toMatch(/^unjudged: base\.run has no metric ws_rtt_renamed \(1 of 2 gates/);
    expect(stderr).toMatch(/^::error title=unjudged%3A ws_rtt_renamed/m);
    expect(await readFile(join(cwd, 'unjudged.xml'), 'utf8')).toContain('errors="1"');
  });

  it('ends with 10 on a regression, after everything was written', async () => {
    const files = ['--output', 'a.md', '--output', 'a.xml'];
    const { code, stdout } = await report('base.run', 'slow.run', ...files);
    expect(code).toBe(10);
    expect(stdout).toMatch(/^regression: 2 of 2 gates/);
    expect(stdout).toMatch(/ws_rtt p\(50\) < \+10% .* \+(39|40)\.\d% /);
    expect(await readFile(join(cwd, 'a.md'), 'utf8')).toMatch(/^\*\*✗ regression\*\*/);
    expect(await readFile(join(cwd, 'a.xml'), 'utf8')).toContain('failures="2"');
    const bound = await report('base.run', 'new.run', '--gate', 'ws_rtt p(50) < 9ms');
    expect(bound.code).toBe(10);
    expect((await report('base.run', 'new.run')).code).toBe(0);
  });

  it('ends with 13 when the plans of the runs differ, names the difference, and compares them with --allow-different', async () => {
    const { code, stdout } = await report('base.run', 'other.run');
    expect(code).toBe(13);
    expect(stdout).toMatch(/^invalid: the runs cannot be compared: plan differs/);
    const gate = ['--gate', 'ws_rtt p(50) < +900%'];
    const told = await report('base.run', 'other.run', '--allow-different', 'plan', ...gate);
    expect(told.code).toBe(0);
    expect(told.stdout.replaceAll(/\s+/g, ' ')).toContain('(allowed)');
  });

  it('ends with 12 on an inconclusive comparison with --strict, and 0 without', async () => {
    const gate = ['--gate', 'ws_rtt p(50) < +0.01%', '--noise', '20%'];
    expect((await report('base.run', 'new.run', ...gate, '--strict')).code).toBe(12);
    expect((await report('base.run', 'new.run', ...gate)).code).toBe(0);
  });

  it('takes baselines by pattern and gates from a file, and names what it cannot read', async () => {
    await writeFile(join(cwd, 'wsg.gates.yml'), "gates:\n  - 'ws_rtt p(50) < +900%'\n");
    const { code, stdout } = await report('new.run', '--baseline', '{base,new}.run');
    expect(code).toBe(0);
    expect(stdout).toContain('ws_rtt p(50) < +900%');
    const problems = await Promise.all([
      report('new.run', '--baseline', 'nothing-*.run'),
      report('base.run', 'new.run', '--gate', 'ws_rtt p(50)'),
      report('base.run', 'new.run', '--output', 'a.html5'),
      report('base.run', 'new.run', 'other.run'),
      report('base.run', 'new.run', '--allow-different', 'weather'),
      report('base.run', 'missing.run'),
    ]);
    expect(problems.map((problem) => problem.code)).toEqual([2, 2, 2, 2, 2, 2]);
    expect(problems.map(({ stderr }) => stderr).join('\n')).toMatch(
      /No file matches the pattern[^]*must be a gate such as[^]*unknown extension[^]*3 runs were given[^]*Unknown difference 'weather'[^]*missing\.run/,
    );
  });

  it('keeps runs as baselines, from several processes at once, and compares with them by name', async () => {
    const saved = await Promise.all(['base.run', 'new.run'].map((run) => report('save', run, '--as', 'main')));
    expect(saved.map(({ code }) => code)).toEqual([0, 0]);
    expect((await report('show', 'main')).stdout.trim().split('\n')).toHaveLength(2);
    expect((await report('list')).stdout).toMatch(/^main {2}2 runs/);
    const { code } = await report('new.run', '--baseline', 'main', '--gate', 'ws_rtt p(50) < +900%');
    expect(code).toBe(0);
    expect((await report('prune', 'main', '--keep', '1', '--anchor', '0', '--json')).stdout).toMatch(
      /^\{"removed":\["[^"]+"\]\}/,
    );
    const missing = await report('new.run', '--baseline', 'other');
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('Known baselines: main.');
  });

  it('selftest finds a slowed copy, passes two halves of a run, and says when it cannot judge', async () => {
    const { code, stdout } = await report('selftest', 'base.run');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^a copy with all times 30% longer: regression\n {2}ws_rtt p\(50\) < \+10%: regression\n/);
    expect(stdout).toContain('the second half of the run against the first: within budget');
    const blunt = await report('selftest', 'base.run', '--gate', 'ws_rtt p(50) < +60%');
    expect(blunt.code).toBe(12);
    expect(blunt.stdout).toContain('cannot be trusted');
  });
});

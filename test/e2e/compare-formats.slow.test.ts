import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { comparisonSchema } from '../../src/report/render/comparison-schema.js';
import { installCommand, JUNIT_READER, OPENMETRICS_READER } from '../support/debian-packages.js';
import { writeEchoRun } from '../support/synthetic-run-file.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg } from '../support/wsg-process.js';

let cwd: string;

beforeEach(async () => {
  cwd = await temporaryFolder();
  await writeEchoRun(join(cwd, 'base.run'), 10);
  await writeEchoRun(join(cwd, 'new.run'), 10.1, { startedAt: '2024-04-10T00:00:00.000Z' });
  await writeEchoRun(join(cwd, 'slow.run'), 14);
  await writeEchoRun(join(cwd, 'other.run'), 10, { vus: 9 });
});

const report = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => runWsg(['report', ...args], { cwd, env });

describe('the JSON of a comparison', () => {
  it.each([
    ['within budget', ['base.run', 'new.run']],
    ['regression', ['base.run', 'slow.run']],
    ['invalid', ['base.run', 'other.run']],
    [
      'improvement',
      ['slow.run', 'base.run', '--gate', 'ws_rtt p(50) < +5%', '--gate', 'ws_rtt max < 9s', '--noise', '1%'],
    ],
    [
      'regression',
      [
        'slow.run',
        '--baseline',
        'base.run',
        'new.run',
        'base.run',
        '--gate',
        'ws_msgs_received rate > -5%',
        '--gate',
        'nothing p(99) < +5%',
        '--allow-different',
        'vus',
      ],
    ],
  ])('fits its published schema: %s', async (_, args) => {
    const { stdout } = await report([...args, '--json']);
    const parsed = comparisonSchema.safeParse(JSON.parse(stdout));
    expect(parsed.error).toBeUndefined();
  });

  it('is described by the schema file in the documentation', async () => {
    const published: unknown = JSON.parse(
      await readFile(new URL('../../docs/reference/comparison.schema.json', import.meta.url), 'utf8'),
    );
    expect(published).toEqual(
      JSON.parse(JSON.stringify(z.toJSONSchema(comparisonSchema, { target: 'draft-2020-12' }))),
    );
  });
});

it('junitparser reads the JUnit file back with every gate and its result', async () => {
  if (!existsSync(JUNIT_READER.program)) throw new Error(installCommand([JUNIT_READER.debianPackage]));
  const gates = ['ws_rtt p(50) < +10%', 'ws_rtt p(99) < +200%', 'nothing p(99) < +5%'].flatMap((gate) => [
    '--gate',
    gate,
  ]);
  await report(['base.run', 'slow.run', ...gates, '--output', 'junit.xml']);
  const program = `
import json, sys
from junitparser import JUnitXml
print(json.dumps([[case.name, [type(r).__name__ for r in case.result]] for suite in JUnitXml.fromfile(sys.argv[1]) for case in suite]))`;
  const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', program, join(cwd, 'junit.xml')], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual([
    ['ws_rtt p(50) < +10%', ['Failure']],
    ['ws_rtt p(99) < +200%', []],
    ['nothing p(99) < +5%', ['Error']],
  ]);
});

it('the parser of Prometheus reads the OpenMetrics file back', async () => {
  if (!existsSync(OPENMETRICS_READER.program)) throw new Error(installCommand([OPENMETRICS_READER.debianPackage]));
  await report(['export', 'base.run', '--output', 'base.prom']);
  const program = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
print(json.dumps({family.name: [family.type, len(family.samples)] for family in text_string_to_metric_families(open(sys.argv[1]).read())}))`;
  const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', program, join(cwd, 'base.prom')], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    wsg_ws_msgs_received: ['counter', 1],
    wsg_ws_rtt_seconds: ['summary', 7],
  });
});

it('a code quality report names the gates that fail, at their line in the file of gates', async () => {
  await writeFile(join(cwd, 'wsg.gates.yml'), "gates:\n  - 'ws_rtt p(50) < +10%'\n  - 'ws_rtt p(99) < +300%'\n");
  const { code } = await report(['base.run', 'slow.run', '--output', 'gl-codequality.json']);
  expect(code).toBe(10);
  const issues: unknown = JSON.parse(await readFile(join(cwd, 'gl-codequality.json'), 'utf8'));
  expect(issues).toEqual([
    {
      description: expect.stringMatching(/^regression: ws_rtt p\(50\) < \+10%; 9\.99ms -> 13\.98ms/),
      check_name: 'wsg report',
      fingerprint: expect.stringMatching(/^[\da-f]{64}$/),
      severity: 'critical',
      location: { path: 'wsg.gates.yml', lines: { begin: 1 } },
    },
  ]);
  await report(['base.run', 'new.run', '--output', 'gl-codequality.json']);
  expect(JSON.parse(await readFile(join(cwd, 'gl-codequality.json'), 'utf8'))).toEqual([]);
});

describe('in a step of GitHub Actions', () => {
  it('annotates failed gates on standard error, and adds to the summary of the job', async () => {
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(cwd, 'summary.md') };
    await writeFile(env.GITHUB_STEP_SUMMARY, 'before\n');
    const { code, stdout, stderr } = await report(['base.run', 'slow.run', '--json'], env);
    expect(code).toBe(10);
    expect(stderr.split('\n').filter((line) => line.startsWith('::'))).toEqual([
      '::error title=regression%3A ws_rtt p(50) < +10%25::ws_rtt p(50) < +10%25',
      '::error title=regression%3A ws_rtt p(99) < +10%25::ws_rtt p(99) < +10%25',
    ]);
    expect(comparisonSchema.safeParse(JSON.parse(stdout)).success).toBe(true);
    expect(await readFile(env.GITHUB_STEP_SUMMARY, 'utf8')).toMatch(/^before\n\*\*✗ regression\*\*/);
  });

  it('says once why runs cannot be compared', async () => {
    const { stderr } = await report(['base.run', 'other.run', '--gate', 'ws_rtt p(50) < +10%'], {
      GITHUB_ACTIONS: 'true',
    });
    expect(stderr.match(/^::error /gm)).toHaveLength(1);
    expect(stderr).toMatch(/^::error title=invalid%3A ws_rtt.*vus differs/m);
  });

  it('keeps the verdict when the summary cannot be written', async () => {
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(cwd, 'nowhere', 'summary.md') };
    const { code, stderr } = await report(['base.run', 'slow.run'], env);
    expect(code).toBe(10);
    expect(stderr).toMatch(/the job summary could not be written/);
  });
});

it('writes all files and keeps the verdict when one of them cannot be written', async () => {
  await mkdir(join(cwd, 'folder.md'));
  const slow = await report(['base.run', 'slow.run', '--output', 'folder.md', '--out', 'a.csv']);
  expect(slow.code).toBe(10);
  expect(slow.stderr).toMatch(/--output .*folder\.md cannot be written/);
  expect(await readFile(join(cwd, 'a.csv'), 'utf8')).toMatch(/regression/);
  const good = await report(['base.run', 'new.run', '--output', 'folder.md']);
  expect(good.code).toBe(2);
});

it('says that results could not be written to a full disk, and ends with a separate exit code', async () => {
  const wsg = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
  const shell = (args: string) =>
    spawnSync('sh', ['-c', `"${process.execPath}" "${wsg}" report ${args} > /dev/full`], { cwd, encoding: 'utf8' });
  const good = shell('base.run new.run');
  expect(good.stderr).toBe('Error: standard output cannot be written: the disk is full.\n');
  expect(good.status).toBe(15);
  expect(shell('base.run').status).toBe(15);
  expect(shell('base.run slow.run').status).toBe(10);
  for (const ending of ['txt', 'md', 'json', 'xml', 'csv', 'html']) {
    const path = `full.${ending}`;
    await symlink('/dev/full', join(cwd, path));
    const file = await report(['base.run', 'new.run', '--output', path]);
    const said = `Error: --output ${path} cannot be written: the disk is full.\n`;
    expect([file.code, file.stderr]).toEqual([15, expect.stringContaining(said)]);
  }
  expect((await report(['base.run', 'slow.run', '--output', 'full.md'])).code).toBe(10);
  const exported = await report(['export', 'base.run', '--format', 'csv', '--output', 'full.csv']);
  expect(exported).toMatchObject({ code: 15, stderr: expect.stringContaining('the disk is full') });
});

describe('options that have no effect on one run', () => {
  it('are refused by name', async () => {
    const { code, stderr, stdout } = await report(['base.run', '--format', 'markdown', '--strict']);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/--strict, --format can only be used with a comparison/);
    const page = await report(['base.run', '--json', '--output', 'a.html']);
    expect(page.code).toBe(2);
    expect(existsSync(join(cwd, 'a.html'))).toBe(false);
    const log = await report(['export', 'base.run', '--format', 'hlog', '--metric', 'ws_msgs_received']);
    expect(log.code).toBe(2);
    expect(log.stderr).toMatch(
      /base\.run has no series ws_msgs_received that hlog can represent\.\nKnown series: ws_rtt\./,
    );
  });
});

it('a baseline is found although a folder without runs has its name', async () => {
  await mkdir(join(cwd, 'main'));
  await report(['save', 'base.run', '--as', 'main']);
  const { code, stdout } = await report(['slow.run', '--baseline', 'main']);
  expect(code).toBe(10);
  expect(stdout).toMatch(/base \.wsg\/baselines\/main/);
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { diagnosisText, runDoctor } from '../../../src/cli/gateway/doctor-session.js';
import { packageVersion } from '../../../src/core/package-version.js';
import { glibcVersion } from '../../../src/gateway/transport/uws/uws-package.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { recordingOutput } from '../../support/recording-output.js';

const DIAGNOSIS: Parameters<typeof diagnosisText>[0] = {
  platform: 'linux',
  wanted: 10_000,
  connections: 960,
  boundBy: 'open files',
  findings: [
    {
      name: 'open files',
      level: 'warning',
      value: '1,024',
      meaning: 'Each takes one.',
      connections: 960,
      fixes: ['ulimit -n 10064', 'LimitNOFILE=10064'],
    },
    { name: 'CPUs', level: 'ok', value: '2', meaning: 'One is used.' },
    { name: 'ports', level: 'unknown', value: 'unknown', meaning: 'Not looked at.' },
  ],
};

it('prints each finding with a mark, its value, its meaning, and the commands that fix it', () => {
  expect(diagnosisText(DIAGNOSIS, false)).toBe(
    [
      '! open files: 1,024, about 960 connections',
      '    Each takes one.',
      '    to raise it: ulimit -n 10064',
      '    or: LimitNOFILE=10064',
      '✓ CPUs: 2',
      '    One is used.',
      '? ports: unknown',
      '    Not looked at.',
      '',
      'One gateway on this machine holds about 960 connections, too few for 10,000. Tightest limit: open files.',
      '',
    ].join('\n'),
  );
});

it('uses colours only on request', () => {
  expect(diagnosisText(DIAGNOSIS, true)).toContain('\u001b[33m!\u001b[39m open files');
});

async function doctor(config?: string): Promise<{ code: number; record: Record<string, unknown>; text: string }> {
  const output = recordingOutput();
  const code = await runDoctor({ connections: 5, config, json: true, output });
  const text = output.stdout.text();
  return { code, record: JSON.parse(text), text };
}

async function configFile(text: string): Promise<string> {
  const path = join(await temporaryFolder(), 'config.yml');
  await writeFile(path, text);
  return path;
}

it('JSON is one object on standard output with stable keys', async () => {
  const { code, record } = await doctor();
  expect(code).toBe(0);
  expect(Object.keys(record)).toEqual([
    'platform',
    'versions',
    'transport',
    'uws',
    'wanted',
    'connections',
    'bound_by',
    'exit_code',
    'checks',
  ]);
  const { node, modules: abi } = process.versions;
  expect(record['versions']).toEqual({ wsg: packageVersion(), node, abi, glibc: glibcVersion() ?? null });
  expect(record['checks']).toContainEqual(
    expect.objectContaining({ name: 'transport', level: 'ok', value: 'ws', connections: null, mend: [] }),
  );
});

it('names the binary of uws with its hash and the result of its self-test', async () => {
  const { record } = await doctor(await configFile('endpoints: [{path: /ws}]\ntransport: uws\n'));
  expect(record).toMatchObject({ transport: 'uws', exit_code: 0 });
  expect(record['uws']).toMatchObject({
    state: 'runs',
    native: { path: expect.stringMatching(/\.node$/), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    limits: expect.arrayContaining([expect.objectContaining({ check: 'pausing a client' })]),
  });
});

it('an invalid configuration ends with 104, with each problem as a check', async () => {
  const { code, record } = await doctor(await configFile('endpoints: [{path: 7}]\ntransport: fast\n'));
  expect(code).toBe(104);
  expect(record).toMatchObject({ exit_code: 104 });
  const failed = expect.objectContaining({ name: 'configuration', level: 'failed' });
  expect(record['checks']).toEqual(expect.arrayContaining([failed]));
});

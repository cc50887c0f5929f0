import { expect, test } from 'vitest';
import { diagnosisText, runDoctor } from '../../src/cli/doctor-session.js';
import type { Diagnosis } from '../../src/gateway/index.js';
import { recordingOutput } from '../support/recording-output.js';

const DIAGNOSIS: Diagnosis = {
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
      mend: ['ulimit -n 10064', 'LimitNOFILE=10064'],
    },
    { name: 'CPUs', level: 'ok', value: '2', meaning: 'One is used.' },
    { name: 'ports', level: 'unknown', value: 'unknown', meaning: 'Not looked at.' },
  ],
};

test('each finding has a mark, its value, what it means, and the commands that raise it', () => {
  expect(diagnosisText(DIAGNOSIS, false)).toBe(
    [
      '! open files: 1,024, about 960 connections',
      '    Each takes one.',
      '    raise it: ulimit -n 10064',
      '    or: LimitNOFILE=10064',
      '✓ CPUs: 2',
      '    One is used.',
      '? ports: unknown',
      '    Not looked at.',
      '',
      'One gateway here holds about 960 connections, which is too few for 10,000; what ends first: open files.',
      '',
    ].join('\n'),
  );
});

test('colours are there only when asked for', () => {
  expect(diagnosisText(DIAGNOSIS, true)).toContain('\u001b[33m!\u001b[39m open files');
});

test('JSON is one object on standard output', async () => {
  const output = recordingOutput();
  await runDoctor({ connections: 5, json: true, output });
  const record = JSON.parse(output.stdout.text());
  expect(Object.keys(record)).toEqual(['platform', 'wanted', 'connections', 'bound_by', 'checks']);
  expect(Object.keys(record.checks[0])).toEqual(['name', 'level', 'value', 'meaning', 'connections', 'mend']);
});

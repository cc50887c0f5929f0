import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { printReport } from '../../../src/cli/report/report-session.js';
import { RunFileWriter } from '../../../src/run-file/index.js';
import { recordingOutput } from '../../support/recording-output.js';
import { snapshotRun } from '../../support/sample-run.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

async function savedRun(): Promise<string> {
  const path = join(await temporaryFolder(), 'a.run');
  const writer = await RunFileWriter.create(path);
  const { header, end } = snapshotRun();
  writer.writeHeader(header);
  writer.writeEnd(end);
  await writer.close();
  return path;
}

async function report(path: string, flags: { spectrum?: boolean; json?: boolean; output?: string }): Promise<string> {
  const output = recordingOutput();
  const { spectrum = false, json = false } = flags;
  await printReport({ runs: [path], flags: { spectrum, json, output: flags.output }, output });
  expect(output.stderr.text()).toBe('');
  return output.stdout.text();
}

describe('printReport', () => {
  it('prints the summary, one JSON object, or the full distribution', async () => {
    const path = await savedRun();
    expect(await report(path, {})).toContain('ws_msgs_received');
    expect(JSON.parse(await report(path, { json: true }))).toHaveProperty('metrics');
    expect(await report(path, { spectrum: true })).toContain('1/(1-Percentile)');
  });

  it('writes the same into a file; - is standard output', async () => {
    const path = await savedRun();
    const file = `${path}.txt`;
    expect(await report(path, { output: file })).toBe('');
    const text = await report(path, { output: '-' });
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('names a file that it cannot write', async () => {
    const path = await savedRun();
    const output = `${path}/below-a-file`;
    await expect(report(path, { output })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(output),
    });
  });
});

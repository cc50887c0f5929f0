import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderReport } from '../../../src/report/render/render-run.js';
import { RunFileWriter } from '../../../src/run-file/index.js';
import { renderHdrTables, renderHealth, renderSummary } from '../../../src/summary/index.js';
import { sampleSecond, snapshotRun } from '../../support/sample-run.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

async function writeSnapshot(): Promise<string> {
  const path = join(await temporaryFolder(), 'a.run');
  const writer = await RunFileWriter.create(path);
  const { header, health, end } = snapshotRun();
  writer.writeHeader(header);
  writer.writeSecond(sampleSecond(0, 1));
  for (const record of health) writer.writeHealth(record);
  writer.writeEnd(end);
  await writer.close();
  return path;
}

describe('a report', () => {
  it('prints again what the load test printed', async () => {
    const text = await renderReport(await writeSnapshot(), { format: 'text', columns: 100 });
    const run = snapshotRun();
    expect(text).toContain(renderSummary(run, { mode: 'legacy', colour: false }));
    expect(text).toContain(renderHdrTables(run, { columns: 100, colour: false }));
    expect(text).toContain(renderHealth(run, { columns: 100, colour: false }));
    expect(text).toMatch(/^snapshot at ws:\/\/127\.0\.0\.1:5000\/connect, started 2024-04-09/);
    expect(text).not.toContain('did not finish');
  });

  it('is one JSON object on demand', async () => {
    const json: unknown = JSON.parse(await renderReport(await writeSnapshot(), { format: 'json' }));
    expect(json).toMatchObject({ metrics: { iterations: { values: { count: 193 } } }, wsg: { complete: true } });
  });

  it('is the full spectrum of each trend on demand', async () => {
    const text = await renderReport(await writeSnapshot(), { format: 'spectrum' });
    expect(text.match(/^# .*$/gm)).toEqual([
      '# iteration_duration response, in ms',
      '# ws_connecting response, in ms',
      '# ws_ping response, in ms',
      '# ws_ping service, in ms',
      '# ws_ping lag, in ms',
      '# ws_session_duration response, in ms',
    ]);
    expect(text.match(/^ +Value +Percentile TotalCount 1\/\(1-Percentile\)$/gm)).toHaveLength(6);
  });

  it('of a run that was killed says so', async () => {
    const path = await writeSnapshot();
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.slice(0, text.indexOf('\nseries ') + 9));
    const report = await renderReport(path, { format: 'text' });
    expect(report).toContain('interruption at 1.0s: the file ends without an end record');
    expect(report).toContain('the run did not finish: the run file is truncated after 1 s');
  });

  it('of a file that is not a run is an error message', async () => {
    const path = join(await temporaryFolder(), 'notes.txt');
    await writeFile(path, 'hello\n');
    await expect(renderReport(path, { format: 'text' })).rejects.toThrow(`The file ${path} is not a run file`);
  });
});

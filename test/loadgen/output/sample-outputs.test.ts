import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CsvOutput } from '../../../src/loadgen/output/csv-output.js';
import { JsonOutput } from '../../../src/loadgen/output/json-output.js';
import { SampleFile } from '../../../src/loadgen/output/sample-file.js';
import { batchOf } from '../../support/sample-batches.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const RATE = { name: 'checks', type: 'rate', contains: 'default' } as const;
const TREND = { name: 'ws_ping', type: 'trend', contains: 'time' } as const;
const TIME_MS = Date.UTC(2024, 3, 9, 0, 14, 1, 250);
const TAGS = new Map([
  ['scenario', 'default'],
  ['check', 'a "quoted", name'],
  ['room', 'a&b'],
  ['kind', 'x'],
]);
const BATCH = batchOf([
  { definition: RATE, value: 1, tags: TAGS, timeMs: TIME_MS },
  { definition: TREND, value: 2.5, tags: new Map(), timeMs: TIME_MS + 1 },
  { definition: RATE, value: 0, tags: TAGS, timeMs: TIME_MS + 2 },
]);
const PLAN = {
  thresholds: [{ series: 'checks', expression: 'rate>0.9', abortOnFail: false, delayAbortMs: 0 }],
  submetrics: ['ws_ping{kind:x}'],
};

function lines(text: string): unknown[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('JsonOutput', () => {
  it('writes a Metric line before the first Point of a metric, with thresholds and submetrics', async () => {
    const path = join(await temporaryFolder(), 'samples.json');
    const output = new JsonOutput(path, PLAN);
    await output.start();
    output.takeSamples(BATCH);
    output.takeSamples(BATCH);
    expect(await output.stop()).toEqual([]);
    const written = lines(await readFile(path, 'utf8'));
    expect(written).toHaveLength(2 + 6);
    const [checks, ping, first, second] = written;
    const submetrics = [{ name: 'ws_ping{kind:x}', suffix: 'kind:x', tags: { kind: 'x' } }];
    expect(checks).toEqual({
      type: 'Metric',
      data: { ...RATE, thresholds: ['rate>0.9'], submetrics: null },
      metric: 'checks',
    });
    expect(ping).toEqual({
      type: 'Metric',
      data: { ...TREND, thresholds: [], submetrics },
      metric: 'ws_ping',
    });
    const data = { time: '2024-04-09T00:14:01.250Z', value: 1, tags: Object.fromEntries(TAGS) };
    expect(first).toEqual({ metric: 'checks', type: 'Point', data });
    expect(second).toEqual({
      metric: 'ws_ping',
      type: 'Point',
      data: { time: '2024-04-09T00:14:01.251Z', value: 2.5, tags: {} },
    });
  });

  it('compresses a file that ends in .gz', async () => {
    const path = join(await temporaryFolder(), 'samples.json.gz');
    const output = new JsonOutput(path, PLAN);
    await output.start();
    output.takeSamples(BATCH);
    await output.stop();
    expect(lines(gunzipSync(await readFile(path)).toString())).toHaveLength(5);
  });
});

describe('CsvOutput', () => {
  it('writes a column a system tag, all other tags in the last one, and quotes what needs it', async () => {
    const path = join(await temporaryFolder(), 'samples.csv');
    const output = new CsvOutput(path, undefined);
    await output.start();
    output.takeSamples(BATCH);
    expect(await output.stop()).toEqual([]);
    expect(await readFile(path, 'utf8')).toBe(
      [
        'metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags',
        'checks,1712621641,1.000000,"a ""quoted"", name",,,,,,,,default,,,,,,room=a&b&kind=x',
        'ws_ping,1712621641,2.500000,,,,,,,,,,,,,,,',
        'checks,1712621641,0.000000,"a ""quoted"", name",,,,,,,,default,,,,,,room=a&b&kind=x',
        '',
      ].join('\n'),
    );
  });

  it('has the columns of the system tags that the plan names', async () => {
    const path = join(await temporaryFolder(), 'samples.csv');
    const output = new CsvOutput(path, ['url', 'check']);
    await output.start();
    await output.stop();
    expect(await readFile(path, 'utf8')).toBe('metric_name,timestamp,metric_value,check,url,extra_tags\n');
  });
});

describe('SampleFile', () => {
  it('names a file that cannot be made', async () => {
    const path = join(await temporaryFolder(), 'missing', 'samples.json');
    await expect(new SampleFile(path).start()).rejects.toMatchObject({
      code: 'output.failed',
      message: expect.stringContaining(path),
    });
  });

  it('counts what does not fit while the disk is slow, and what the threads let go', async () => {
    const path = join(await temporaryFolder(), 'samples.json');
    const file = new SampleFile(path, 10);
    await file.start();
    // Within one turn of the event loop no disk takes anything.
    file.write('0123456789\n', 1);
    file.write('lost\n', 5);
    file.countLost(2);
    expect(await file.stop()).toEqual([`${path} lacks 7 samples that were dropped to keep up with the load`]);
    expect(await readFile(path, 'utf8')).toBe('0123456789\n');
  });
});

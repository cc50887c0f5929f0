import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CsvOutput } from '../../../src/loadgen/output/csv-output.js';
import { parseCsvOptions } from '../../../src/loadgen/output/csv-options.js';
import { JsonOutput } from '../../../src/loadgen/output/json-output.js';
import { SampleFile } from '../../../src/loadgen/output/sample-file.js';
import { withMetadata } from '../../../src/loadgen/metric/series.js';
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
const WITH_METADATA = withMetadata(withMetadata(new Map(), 'trace', 'a,b'), 'vu', '7');
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

  it('sorts tags by name and writes metadata separately', async () => {
    const path = join(await temporaryFolder(), 'samples.json');
    const output = new JsonOutput(path, PLAN);
    await output.start();
    output.takeSamples(batchOf([{ definition: TREND, value: 3, tags: WITH_METADATA, timeMs: TIME_MS }]));
    output.takeSamples(batchOf([{ definition: TREND, value: 3, tags: TAGS, timeMs: TIME_MS }]));
    await output.stop();
    const [, first, second] = (await readFile(path, 'utf8')).split('\n');
    expect(first).toContain('"tags":{},"metadata":{"trace":"a,b","vu":"7"}}}');
    expect(second).toContain('"tags":{"check":"a \\"quoted\\", name","kind":"x","room":"a&b","scenario":"default"}}}');
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
  it('writes a column per system tag, then all other tags, then the metadata, with quotes where needed', async () => {
    const path = join(await temporaryFolder(), 'samples.csv');
    const output = new CsvOutput({ path, timeFormat: 'unix' }, undefined);
    await output.start();
    output.takeSamples(BATCH);
    output.takeSamples(batchOf([{ definition: TREND, value: 3, tags: WITH_METADATA, timeMs: TIME_MS }]));
    expect(await output.stop()).toEqual([]);
    expect(await readFile(path, 'utf8')).toBe(
      [
        'metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata',
        'checks,1712621641,1.000000,"a ""quoted"", name",,,,,,,,default,,,,,,room=a&b&kind=x,',
        'ws_ping,1712621641,2.500000,,,,,,,,,,,,,,,,',
        'checks,1712621641,0.000000,"a ""quoted"", name",,,,,,,,default,,,,,,room=a&b&kind=x,',
        'ws_ping,1712621641,3.000000,,,,,,,,,,,,,,,,"trace=a,b&vu=7"',
        '',
      ].join('\n'),
    );
  });

  it('has the columns of the selected system tags, except vu and iter, which are metadata', async () => {
    const path = join(await temporaryFolder(), 'samples.csv');
    const output = new CsvOutput({ path, timeFormat: 'unix' }, ['url', 'vu', 'iter', 'check']);
    await output.start();
    await output.stop();
    expect(await readFile(path, 'utf8')).toBe('metric_name,timestamp,metric_value,check,url,extra_tags,metadata\n');
  });

  it.each([
    ['unix', '1712621641'],
    ['unix_milli', '1712621641250'],
    ['unix_micro', '1712621641250000'],
    ['unix_nano', '1712621641250000000'],
    ['rfc3339', '2024-04-09T00:14:01Z'],
    ['rfc3339_nano', '2024-04-09T00:14:01.25Z'],
  ] as const)('writes times as %s', async (timeFormat, expected) => {
    const path = join(await temporaryFolder(), 'samples.csv.gz');
    const output = new CsvOutput({ path, timeFormat }, []);
    await output.start();
    output.takeSamples(BATCH);
    await output.stop();
    expect(gunzipSync(await readFile(path)).toString()).toContain(`\nchecks,${expected},1.000000,`);
  });
});

describe('parseCsvOptions', () => {
  it.each([
    ['a.csv', {}, { path: 'a.csv', timeFormat: 'unix' }],
    ['-', {}, { path: '-', timeFormat: 'unix' }],
    ['', {}, { path: 'file.csv', timeFormat: 'unix' }],
    ['', { K6_CSV_FILENAME: 'b.csv', K6_CSV_TIME_FORMAT: 'rfc3339' }, { path: 'b.csv', timeFormat: 'rfc3339' }],
    ['', { K6_CSV_FILENAME: 'b.csv', WSG_CSV_FILENAME: 'c.csv' }, { path: 'c.csv', timeFormat: 'unix' }],
    [
      'fileName=d.csv,timeFormat=unix_nano,saveInterval=1s',
      { K6_CSV_TIME_FORMAT: 'unix' },
      { path: 'd.csv', timeFormat: 'unix_nano' },
    ],
  ])('reads %j with %j as k6 does', (target, env, expected) => {
    expect(parseCsvOptions(target, env)).toEqual(expected);
  });
});

describe('SampleFile', () => {
  it('reports a file that cannot be created', async () => {
    const path = join(await temporaryFolder(), 'missing', 'samples.json');
    await expect(new SampleFile(path).start()).rejects.toMatchObject({
      code: 'output.failed',
      message: expect.stringContaining(path),
    });
  });

  it.each(['', '-'])('writes to standard output for %j, and leaves it open', async (path) => {
    const stdout = new PassThrough();
    const file = new SampleFile(path, undefined, stdout);
    await file.start();
    file.write('one\n', 1);
    expect(await file.stop()).toEqual([]);
    expect(String(stdout.read())).toBe('one\n');
    expect(stdout.writableEnded).toBe(false);
  });

  it('ends when standard output is closed by its reader', async () => {
    const stdout = new PassThrough();
    const file = new SampleFile('-', undefined, stdout);
    await file.start();
    stdout.destroy(new Error('EPIPE'));
    await new Promise((resolve) => stdout.once('close', resolve));
    file.write('lost\n', 3);
    expect(await file.stop()).toEqual(['standard output lacks 3 samples that were dropped to keep up with the load']);
  });

  it('counts samples that a slow disk or the threads dropped', async () => {
    const path = join(await temporaryFolder(), 'samples.json');
    const file = new SampleFile(path, 10);
    await file.start();
    // Within one turn of the event loop, no disk accepts anything.
    file.write('0123456789\n', 1);
    file.write('lost\n', 5);
    file.countLost(2);
    expect(await file.stop()).toEqual([`${path} lacks 7 samples that were dropped to keep up with the load`]);
    expect(await readFile(path, 'utf8')).toBe('0123456789\n');
  });
});

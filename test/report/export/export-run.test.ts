import { join } from 'node:path';
import { decodeFromCompressedBase64, HistogramLogReader, type Histogram } from 'hdr-histogram-js';
import { beforeEach, expect, it } from 'vitest';
import { readRun } from '../../../src/run-file/index.js';
import { exportRun } from '../../../src/report/export/export-run.js';
import { writeEchoRun } from '../../support/synthetic-run-file.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

let path: string;

beforeEach(async () => {
  path = join(await temporaryFolder(), 'a.run');
  await writeEchoRun(path, 10);
});

it('a log is read back by HdrHistogram, second by second, and adds up to the run', async () => {
  const text = await exportRun(path, 'hlog', []);
  const reader = new HistogramLogReader(text);
  const seconds: Histogram[] = [];
  for (let next = reader.nextIntervalHistogram(); next !== null; next = reader.nextIntervalHistogram())
    seconds.push(next);
  expect(seconds).toHaveLength(30);
  expect(seconds.map(({ tag }) => tag)).toEqual(Array.from({ length: 30 }, () => 'ws_rtt'));
  const { end, header } = await readRun(path);
  const whole = end.totals.trends['ws_rtt'];
  expect(seconds.reduce((sum, { totalCount }) => sum + totalCount, 0)).toBe(whole?.count);
  const p99 = seconds[3]?.getValueAtPercentile(99) ?? 0;
  expect(p99 / 10_000).toBeGreaterThan(40);
  expect(p99 / 10_000).toBeLessThan(90);
  expect(text).toMatch(/^Tag=ws_rtt,3\.000,1\.000,/m);
  const start = /#\[StartTime: (?<seconds>[\d.]+) /.exec(text)?.groups?.['seconds'];
  expect(Number(start) * 1000).toBe(Date.parse(header.startedAt));
  const [, encoded = ''] = /,(HISTFAAA\S+)/.exec(text) ?? [];
  expect(decodeFromCompressedBase64(encoded).totalCount).toBe(400);
});

it('a distribution ends with what the run has', async () => {
  const text = await exportRun(path, 'hgrm', ['ws_rtt']);
  expect(text).toMatch(/^# ws_rtt response, in ms\n +Value +Percentile +TotalCount/);
  expect(text).toMatch(/Total count += +12000/);
  const { end } = await readRun(path);
  const max = Number(/#\[Max += +(?<max>[\d.]+)/.exec(text)?.groups?.['max']);
  expect(max).toBeCloseTo(end.totals.trends['ws_rtt']?.max ?? 0, 0);
});

it('a table has a row a second, with counts, quantiles and the generator', async () => {
  const rows = (await exportRun(path, 'csv', [])).split('\r\n').map((line) => line.split(','));
  expect(rows).toHaveLength(32);
  const [head = [], first = []] = rows;
  const cell = (name: string): string | undefined => first[head.indexOf(name)];
  expect(cell('second')).toBe('0');
  expect(cell('elapsed_ms')).toBe('1000');
  expect(cell('ws_msgs_received')).toBe('400');
  expect(cell('ws_rtt count')).toBe('400');
  expect(Number(cell('ws_rtt p50'))).toBeCloseTo(10, 0);
  expect(Number(cell('ws_rtt p99'))).toBeGreaterThan(40);
  expect(cell('generator verdict')).toBe('healthy');
});

it('OpenMetrics names counters without _total, gives seconds, and says where it ends', async () => {
  const text = await exportRun(path, 'openmetrics', []);
  expect(text.split('\n').slice(-2)).toEqual(['# EOF', '']);
  expect(text).toMatch(/^# TYPE wsg_ws_msgs_received counter\nwsg_ws_msgs_received_total 12000$/m);
  expect(text).toMatch(/^# TYPE wsg_ws_rtt_seconds summary\nwsg_ws_rtt_seconds\{quantile="0\.5"\} 0\.0\d+$/m);
  expect(text).toMatch(/^wsg_ws_rtt_seconds_count 12000$/m);
});

it('leaves out what was not asked for', async () => {
  expect(await exportRun(path, 'openmetrics', ['ws_rtt'])).not.toMatch(/received/);
  expect(await exportRun(path, 'csv', ['ws_msgs_received'])).not.toMatch(/ws_rtt/);
});

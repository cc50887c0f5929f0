import { existsSync } from 'node:fs';
import { appendFile, open, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { WsgError } from '../../src/core/error.js';
import { ValueSketch } from '../../src/core/histogram/value-sketch.js';
import type { HistogramRecord, SketchRecord } from '../../src/run-file/records.js';
import { readRun, RunFileWriter } from '../../src/run-file/index.js';
import { recordLine } from '../../src/run-file/record-line.js';
import { sampleGatewaySecond, sampleHeader, sampleHealth, sampleSecond, snapshotRun } from '../support/sample-run.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { encodedEnd, WRITTEN_MS, writeRun } from '../support/written-run.js';

const TIMES = WRITTEN_MS;

async function failureOf(action: Promise<unknown>): Promise<WsgError> {
  const error: unknown = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof WsgError)) throw new Error(`no WsgError but ${String(error)}`);
  return error;
}

describe('a whole file', () => {
  it('gives back every record that was written, histograms of the totals included', async () => {
    const run = await readRun(await writeRun());
    const expected = snapshotRun();
    expect(run.header).toEqual(sampleHeader());
    expect(run.seconds).toEqual([0, 1, 2].map((second) => sampleSecond(second, TIMES[second] ?? 0)));
    expect(run.health).toEqual([0, 1, 2].map((second) => sampleHealth(second)));
    expect(run.gateway).toEqual([0, 1, 2].map(sampleGatewaySecond));
    expect(run.events).toEqual([{ elapsedMs: 1500, kind: 'stall', text: 'an action ran\n300 ms late' }]);
    expect(encodedEnd(run.end)).toEqual(encodedEnd(expected.end));
    expect(run.complete).toBe(true);
  });

  it('shows the histograms of the seconds that were asked for, and no others', async () => {
    const path = await writeRun();
    const seen: [string, string, number, number][] = [];
    const visit = ({ series, kind, second, histogram }: HistogramRecord): void => {
      seen.push([series, kind, second, histogram.max]);
    };
    await readRun(path, { histograms: { series: ['ws_connecting'], visit } });
    expect(seen).toEqual(TIMES.map((time, second) => ['ws_connecting', 'response', second, time]));
    seen.length = 0;
    await readRun(path, { histograms: { series: ['ws_ping{kind:a b}'], kinds: ['lag'], visit } });
    expect(seen.map(([series, kind, , max]) => [series, kind, max])).toEqual(
      [0, 1, 2].map((max) => ['ws_ping{kind:a b}', 'lag', max]),
    );
  });

  it('reads the sketches of trends that are not times, of complete and truncated files', async () => {
    const sketch = new ValueSketch();
    for (const value of [-3, 0, 0, 8]) sketch.record(value);
    const { count, min, max, sum } = sketch;
    const { end } = snapshotRun();
    const trends = { sizes: { count, min, max, sum, histograms: {}, sketch } };
    for (const isEnded of [true, false]) {
      const path = join(await temporaryFolder(), 'sizes.run');
      const writer = await RunFileWriter.create(path);
      writer.writeHeader(sampleHeader());
      writer.writeSecond({ ...sampleSecond(0, 1), trends: { sizes: { count, min, max, sum } } });
      writer.writeSketch({ series: 'sizes', second: 0, sketch });
      if (isEnded) writer.writeEnd({ ...end, totals: { ...end.totals, trends } });
      await writer.close();
      const seen: number[] = [];
      const visitSketch = (record: SketchRecord) => seen.push(record.sketch.quantile(1));
      const run = await readRun(path, { histograms: { visit: () => undefined, visitSketch } });
      expect(run.complete).toBe(isEnded);
      expect(run.end.totals.trends.sizes?.sketch).toEqual(sketch);
      expect(seen).toEqual([8]);
    }
  });

  it('reads the outcomes of thresholds unchanged', async () => {
    const judged = { series: 'ws_ping{a:b}', expression: 'p(95)<5', aggregate: 'p(95)', ok: false, aborted: true };
    const path = await writeRun({
      thresholds: [
        { ...judged, value: 7.5 },
        { ...judged, value: null },
      ],
    });
    expect((await readRun(path)).thresholds).toEqual([
      { ...judged, value: 7.5 },
      { ...judged, value: null },
    ]);
  });

  it('is lines of a kind, a length, a checksum and a payload of that length', async () => {
    const lines = (await readFile(await writeRun(), 'utf8')).trimEnd().split('\n');
    expect(lines.shift()).toBe('wsg-run 2.1');
    for (const line of lines) {
      const [kind, length, checksum = '', ...rest] = line.split(' ');
      expect(kind).toMatch(/^[a-z]+$/);
      expect(Number.parseInt(checksum, 16)).toBe(crc32(rest.join(' ')));
      expect(Buffer.byteLength(rest.join(' '))).toBe(Number(length));
    }
  });

  it('may hold kinds and keys of newer minor versions', async () => {
    const path = await writeRun();
    const text = await readFile(path, 'utf8');
    const event = JSON.stringify({ elapsedMs: 1, kind: 'warning', text: 'later', colour: 'red' });
    const newer = text
      .replace('wsg-run 2.1', 'wsg-run 2.7')
      .replace(/^end /m, `weather 14 00000000 {"ok": true  }\n${recordLine('event', event)}end `);
    await writeFile(path, newer);
    const run = await readRun(path);
    expect(run.complete).toBe(true);
    expect(run.events.at(-1)).toEqual({ elapsedMs: 1, kind: 'warning', text: 'later' });
  });
});

describe('a cut file', () => {
  it('counts as incomplete, its totals added up from its seconds', async () => {
    const run = await readRun(await writeRun({ isEnded: false }));
    expect(run.complete).toBe(false);
    expect(run.end.totals.durationMs).toBe(3000);
    expect(run.end.totals.counters).toMatchObject({ ws_msgs_received: 30, ws_sessions: 3 });
    expect(run.end.totals.gauges).toEqual({ vus: { value: 3, min: 0, max: 3 } });
    expect(run.end.totals.rates).toEqual({ checks: { passes: 30, fails: 3 } });
    expect(run.end.totals.checks).toEqual([{ name: 'data is correct', group: '', passes: 30, fails: 3 }]);
    expect(run.end.totals.iterations).toEqual({ complete: 3, interrupted: 0 });
    expect(run.end.gateway).toEqual({ sent: 30, received: 6, dropped: 0 });
    const trend = run.end.totals.trends.ws_connecting;
    expect(trend).toMatchObject({ count: 3, min: 2, max: 8, sum: 14 });
    expect(trend?.histograms.response?.quantile(0.5)).toBeCloseTo(4, 2);
    expect(run.events.at(-1)).toMatchObject({ kind: 'interruption', text: 'the file ends without an end record' });
  });

  it('is readable to its last whole record wherever it was cut', async () => {
    const path = await writeRun();
    const whole = await readFile(path);
    const firstSecond = whole.indexOf('\nsecond ') + 1;
    const end = whole.indexOf('\n', whole.indexOf('second ', firstSecond)) + 1;
    for (let size = whole.length - 1; size >= end; size -= Math.ceil(whole.length / 150)) {
      await truncate(path, size);
      const run = await readRun(path);
      expect(run.complete).toBe(false);
      expect(run.seconds.length).toBeGreaterThan(0);
    }
  });

  it('says from which byte on it is damaged, and keeps what stands before', async () => {
    const path = await writeRun();
    const text = await readFile(path, 'utf8');
    const at = text.indexOf('second ', text.indexOf('\nsecond ') + 8);
    await writeFile(path, `${text.slice(0, at)}\u0000\u0001 rubbish\n${text.slice(at)}`);
    const run = await readRun(path);
    expect([run.complete, run.seconds.length]).toEqual([false, 1]);
    expect(run.events.at(-1)?.text).toBe(`the file is damaged at byte ${at}`);
  });

  it('says so when a record is not of its kind', async () => {
    const path = await writeRun({ isEnded: false });
    await appendFile(path, recordLine('event', '{}'));
    expect((await readRun(path)).events.at(-1)?.text).toMatch(
      /^the file is damaged at byte \d+ \(an? "event" record\)$/,
    );
  });
});

describe('a file that is not a run', () => {
  it.each([
    ['nothing', Buffer.alloc(0), 'run-file.foreign', 'is empty'],
    ['text', Buffer.from('hello\nworld\n'), 'run-file.foreign', 'does not begin with "wsg-run"'],
    ['bytes', Buffer.from([0, 255, 254, 10, 13, 0]), 'run-file.foreign', 'does not begin with'],
    ['gzip', gzipSync('wsg-run 1.0\n'), 'run-file.foreign', 'is compressed with gzip'],
    ['lines that were converted', Buffer.from('wsg-run 1.2\r\nheader 2 {}\r\n'), 'run-file.foreign', 'end with CRLF'],
    ['a newer major version', Buffer.from('wsg-run 3.0\n'), 'run-file.newer', 'has format 3.0'],
    ['a first line alone', Buffer.from('wsg-run 1.0\n'), 'run-file.empty', 'before its first second'],
    ['a cut header', Buffer.from('wsg-run 1.0\nheader 900 {"for'), 'run-file.empty', 'before its first second'],
    ['rubbish behind the first line', Buffer.from('wsg-run 1.0\nrub\nbish\n'), 'run-file.empty', 'damaged at byte 12'],
  ])('is refused in a sentence: %s', async (_name, bytes, code, sentence) => {
    const path = join(await temporaryFolder(), 'x.run');
    await writeFile(path, bytes);
    const error = await failureOf(readRun(path));
    expect(error.code).toBe(code);
    expect(error.message).toContain(path);
    expect(error.message).toContain(sentence);
  });

  it('is refused when it is not there or a folder', async () => {
    const folder = await temporaryFolder();
    const missing = await failureOf(readRun(join(folder, 'no.run')));
    expect([missing.code, missing.message]).toEqual([
      'run-file.not-found',
      `The run file ${join(folder, 'no.run')} cannot be read: the file does not exist.`,
    ]);
    expect((await failureOf(readRun(folder))).message).toContain('it is a folder');
  });
});

describe('the writer', () => {
  it('never overwrites a file', async () => {
    const path = join(await temporaryFolder(), 'a.run');
    await writeFile(path, 'precious');
    const error = await failureOf(RunFileWriter.create(path));
    expect(error.code).toBe('run-file.write-failed');
    expect(error.message).toContain(`${path} cannot be written: the file exists`);
    expect(await readFile(path, 'utf8')).toBe('precious');
  });

  it('names the path and the reason when it cannot create the file', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    const error = await failureOf(RunFileWriter.create(join(folder, 'file', 'a.run')));
    expect(error.message).toContain(join(folder, 'file', 'a.run'));
    expect(error.code).toBe('run-file.write-failed');
  });

  it.runIf(process.platform === 'linux')('keeps the first failure for `close` when the disk is full', async () => {
    const writer = new RunFileWriter('/dev/full', await open('/dev/full', 'a'));
    writer.writeHeader(sampleHeader());
    const error = await failureOf(writer.close());
    expect(writer.failure).toBe(error);
    expect(error.message).toBe('The run file /dev/full cannot be written: the disk is full.');
  });

  it('takes the folders away again that it made for a run that never began, and no others', async () => {
    const folder = await temporaryFolder();
    await (await RunFileWriter.create(join(folder, 'new/deep/a.run'))).close();
    expect(await readdir(folder)).toEqual([]);
    const [first, second] = [join(folder, 'runs/a.run'), join(folder, 'runs/b.run')];
    const [one, other] = [await RunFileWriter.create(first), await RunFileWriter.create(second)];
    await one.close();
    expect(await readdir(join(folder, 'runs'))).toEqual(['b.run']);
    await other.close();
    expect(await readdir(join(folder, 'runs'))).toEqual([]);
  });

  it.runIf(existsSync('/dev/full'))(
    'writes to a device, says that the disk is full and never takes it away',
    async () => {
      const unused = await RunFileWriter.create('/dev/full');
      await unused.close();
      const writer = await RunFileWriter.create('/dev/full');
      writer.writeHeader(sampleHeader());
      const { code, message } = await failureOf(writer.close());
      expect(code).toBe('run-file.write-failed');
      expect(message).toContain('the disk is full');
      expect(existsSync('/dev/full')).toBe(true);
    },
  );

  it('takes the file away again when the run never began', async () => {
    const path = join(await temporaryFolder(), 'a.run');
    const writer = await RunFileWriter.create(path);
    await writer.close();
    await writer.close();
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });
});

import { createHash } from 'node:crypto';
import { open, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeHistogram } from '../../src/core/histogram/histogram-codec.js';
import { COUNTS_LENGTH } from '../../src/core/histogram/histogram-layout.js';
import { Histogram } from '../../src/core/histogram/histogram.js';
import { readHeader, readOutline, readRun, RunFileWriter, type RunOutline } from '../../src/run-file/index.js';
import { sampleHeader, sampleHealth, sampleSecond, snapshotRun } from '../support/sample-run.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A histogram that takes some 70 kB in a file: many buckets are in use. */
function wide(): Histogram {
  const histogram = new Histogram();
  for (let place = 0; place < COUNTS_LENGTH; place += 1) histogram.record(1.0009 ** place);
  return histogram;
}

interface LongRun {
  readonly seconds?: number;
  readonly series?: readonly string[];
  /** A series that comes first in this second. */
  readonly late?: number;
}

/** Writes a run of some megabytes. */
async function writeLongRun({ seconds = 120, series = ['ws_ping'], late }: LongRun = {}): Promise<string> {
  const path = join(await temporaryFolder(), 'a.run');
  const writer = await RunFileWriter.create(path);
  writer.writeHeader(sampleHeader());
  const histogram = wide();
  for (let second = 0; second < seconds; second += 1) {
    writer.writeSecond(sampleSecond(second, 5));
    writer.writeHistogram({ series: 'ws_connecting', kind: 'response', second, histogram });
    if (late !== undefined && second >= late)
      writer.writeHistogram({ series: 'late', kind: 'response', second, histogram });
    writer.writeHealth(sampleHealth(second));
  }
  const { count, min, max, sum } = histogram;
  const names = ['ws_connecting', ...series, ...(late === undefined ? [] : ['late'])];
  const figures = { count, min, max, sum, histograms: { response: histogram } };
  const trends = Object.fromEntries(names.map((name) => [name, figures]));
  const { end } = snapshotRun();
  writer.writeEnd({ ...end, totals: { ...end.totals, trends } });
  await writer.close();
  return path;
}

/** Histograms as bytes, which compare faster than all their counts. */
function comparable({ header, end, complete }: RunOutline): unknown {
  return JSON.parse(
    JSON.stringify({ header, end, complete }, (_key, value: unknown) =>
      value instanceof Histogram ? createHash('sha256').update(encodeHistogram(value)).digest('hex') : value,
    ),
  );
}

/** Makes the first line behind this byte one that no record begins with. */
async function damage(path: string, from: number): Promise<void> {
  const at = (await readFile(path)).indexOf('\n', from);
  const file = await open(path, 'r+');
  await file.write('???', at + 1);
  await file.close();
}

describe('readOutline', () => {
  it.each([
    ['of a long file', {}],
    ['of a short file', { seconds: 3 }],
    ['whose totals are longer than what is looked at', { series: Array.from({ length: 60 }, (_, n) => `s${n}`) }],
    ['with a series that comes first in the middle', { late: 40 }],
  ] satisfies [string, LongRun][])('gives what a whole reading gives: %s', async (_, wishes) => {
    const path = await writeLongRun(wishes);
    expect(comparable(await readOutline(path))).toEqual(comparable(await readRun(path, { seconds: false })));
  });

  it('looks at the beginning and the end of a long file alone', async () => {
    const path = await writeLongRun();
    const whole = comparable(await readOutline(path));
    const { size } = await stat(path);
    expect(size).toBeGreaterThan(5e6);
    await damage(path, Math.floor(size / 2));
    expect((await readRun(path, { seconds: false })).complete).toBe(false);
    expect(comparable(await readOutline(path))).toEqual(whole);
  });

  it('adds up the seconds of a file that was cut', async () => {
    const path = await writeLongRun();
    await truncate(path, (await stat(path)).size - 400_000);
    const outline = await readOutline(path);
    expect(outline.complete).toBe(false);
    expect(comparable(outline)).toEqual(comparable(await readRun(path, { seconds: false })));
  });
});

describe('readHeader', () => {
  it('gives the header, whatever comes behind it', async () => {
    const path = await writeLongRun({ seconds: 2 });
    expect(await readHeader(path)).toEqual(sampleHeader());
    await damage(path, (await readFile(path)).indexOf('\nheader') + 1);
    expect(await readHeader(path)).toEqual(sampleHeader());
  });

  it('says of a file without a header that it is empty', async () => {
    const path = await writeLongRun({ seconds: 2 });
    await truncate(path, 40);
    await expect(readHeader(path)).rejects.toThrow('contains no second of a run');
  });
});

import { join } from 'node:path';
import { encodeHistogram } from '../../src/core/histogram/histogram-codec.js';
import { Histogram } from '../../src/core/histogram/histogram.js';
import { RunFileWriter } from '../../src/run-file/index.js';
import type { RunEnd, ThresholdRecord } from '../../src/run-file/records.js';
import {
  histogramOf,
  sampleGatewaySecond,
  sampleHeader,
  sampleHealth,
  sampleSecond,
  snapshotRun,
} from './sample-run.js';
import { temporaryFolder } from './temporary-folder.js';

const SECONDS = 3;
/** The only sample of each second, in milliseconds. */
export const WRITTEN_MS = [2, 4, 8];

/**
 * Writes a run of three seconds and resolves with its path. Without an end it is the file of a
 * killed run.
 */
export async function writeRun({
  isEnded = true,
  thresholds = [],
}: { isEnded?: boolean; thresholds?: readonly ThresholdRecord[] } = {}): Promise<string> {
  const path = join(await temporaryFolder(), 'deep/folder/a.run');
  const writer = await RunFileWriter.create(path);
  writer.writeHeader(sampleHeader());
  for (let second = 0; second < SECONDS; second += 1) {
    writer.writeSecond(sampleSecond(second, WRITTEN_MS[second] ?? 0));
    const histogram = histogramOf([WRITTEN_MS[second] ?? 0]);
    writer.writeHistogram({ series: 'ws_connecting', kind: 'response', second, histogram });
    writer.writeHistogram({ series: 'ws_ping{kind:a b}', kind: 'lag', second, histogram: histogramOf([second]) });
    writer.writeHealth(sampleHealth(second));
    writer.writeGateway(sampleGatewaySecond(second));
  }
  writer.writeEvent({ elapsedMs: 1500, kind: 'stall', text: 'an action ran\n300 ms late' });
  for (const threshold of thresholds) writer.writeThreshold(threshold);
  if (isEnded) writer.writeEnd(snapshotRun().end);
  await writer.close();
  return path;
}

/** The end of a run with its histograms as bytes, which compare faster than 27,648 counts each. */
export function encodedEnd(end: RunEnd): unknown {
  return JSON.parse(
    JSON.stringify(end, (_key, value: unknown) =>
      value instanceof Histogram ? Buffer.from(encodeHistogram(value)).toString('hex') : value,
    ),
  );
}

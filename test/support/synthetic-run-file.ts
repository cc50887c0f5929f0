import { Histogram } from '../../src/core/histogram/histogram.js';
import { RunFileWriter } from '../../src/run-file/index.js';
import type { RunHeader } from '../../src/run-file/records.js';
import { sampleHealth, sampleHeader } from './sample-run.js';

const SECONDS = 30;
const SAMPLES = 400;

/** The times of a second: an exponential distribution, slightly different in each second. */
function timesOf(second: number, medianMs: number): Histogram {
  const histogram = new Histogram();
  const shift = 1 + 0.02 * Math.sin(second * 2.4);
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const share = (sample + ((second * 7) % 10) / 10) / SAMPLES;
    histogram.record((shift * medianMs * -Math.log(1 - share)) / Math.LN2 + 0.01);
  }
  return histogram;
}

/**
 * Writes the run file of an `echo` scenario whose round trips have this median, in all seconds or
 * by second.
 */
export async function writeEchoRun(
  path: string,
  medianMs: number | ((second: number) => number),
  changes: Partial<RunHeader> = {},
): Promise<void> {
  const metrics = [{ name: 'ws_rtt', type: 'trend', contains: 'time' }] as const;
  const total = new Histogram();
  const writer = await RunFileWriter.create(path);
  writer.writeHeader(sampleHeader({ scenario: 'echo', durationMs: SECONDS * 1000, metrics, ...changes }));
  for (let second = 0; second < SECONDS; second += 1) {
    const histogram = timesOf(second, typeof medianMs === 'number' ? medianMs : medianMs(second));
    total.add(histogram);
    const { count, min, max, sum } = histogram;
    const added = { counters: { ws_msgs_received: SAMPLES }, gauges: {}, rates: {}, checks: [] };
    writer.writeSecond({
      second,
      elapsedMs: (second + 1) * 1000,
      ...added,
      trends: { ws_rtt: { count, min, max, sum } },
    });
    writer.writeHistogram({ series: 'ws_rtt', kind: 'response', second, histogram });
    writer.writeHealth(sampleHealth(second));
  }
  const { count, min, max, sum } = total;
  writer.writeEnd({
    reason: 'finished',
    health: { verdict: 'healthy', reasons: [], saturatedSeconds: [] },
    totals: {
      durationMs: SECONDS * 1000,
      counters: { ws_msgs_received: SAMPLES * SECONDS },
      gauges: {},
      rates: {},
      trends: { ws_rtt: { count, min, max, sum, histograms: { response: total } } },
      checks: [],
      iterations: { complete: 1, interrupted: 0 },
    },
  });
  await writer.close();
}

// Writes a run file of the given number of seconds with twenty trends, or with the given series.
import { Histogram } from '../../dist/core/histogram/histogram.js';
import { RunFileWriter } from '../../dist/run-file/index.js';

export const METRICS = Array.from({ length: 20 }, (_, index) => `metric_${String(index).padStart(2, '0')}`);
export const SAMPLES = 2000;

let state = 7;
function random() {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return (state + 1) / 2 ** 32;
}

/** Log-normal round trips with a median of 5 ms. */
export function fill(histogram, samples) {
  histogram.reset();
  for (let i = 0; i < samples; i += 1) {
    const normal = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    histogram.record(5 * Math.exp(0.5 * normal));
  }
}

function header(seconds, series) {
  return {
    format: '1.0',
    startedAt: new Date(0).toISOString(),
    scenario: 'bench',
    plan: {},
    planHash: '',
    vus: 100,
    durationMs: seconds * 1000,
    target: { given: 'ws://127.0.0.1', normalised: 'ws://127.0.0.1/' },
    description: [],
    seed: 7,
    warmupMs: 0,
    compression: false,
    tls: false,
    threads: 1,
    machine: { platform: '', arch: '', cpuModel: '', cpus: 1, memoryBytes: 1 },
    node: '',
    version: '',
    client: '',
    metrics: series.filter((name) => !name.includes('{')).map((name) => ({ name, type: 'trend', contains: 'time' })),
  };
}

function figures({ count, min, max, sum }) {
  return { count, min, max, sum };
}

/**
 * Twenty seconds' worth of different histograms a series are enough: they are repeated through the
 * hour. `changes` replace keys of the header.
 */
export async function writeLongRun(path, seconds, { series = METRICS, samples = SAMPLES, changes = {} } = {}) {
  const variants = Array.from({ length: 20 }, () => {
    const histogram = new Histogram();
    fill(histogram, samples);
    return histogram;
  });
  // A series has the same sum as the one twenty before it.
  const sums = variants.map(() => new Histogram());
  const writer = await RunFileWriter.create(path);
  writer.writeHeader({ ...header(seconds, series), ...changes });
  for (let second = 0; second < seconds; second += 1) {
    const own = series.map((_, index) => variants[(second * 7 + index) % variants.length]);
    const trends = Object.fromEntries(series.map((name, index) => [name, figures(own[index])]));
    writer.writeSecond({
      second,
      elapsedMs: (second + 1) * 1000,
      counters: {},
      gauges: {},
      rates: {},
      trends,
      checks: [],
    });
    for (const [index, histogram] of own.entries()) {
      writer.writeHistogram({ series: series[index], kind: 'response', second, histogram });
      sums[index]?.add(histogram);
    }
    if (second % 60 === 59 || series.length > 1000) await new Promise((resolve) => setImmediate(resolve));
  }
  const trends = Object.fromEntries(
    series.map((name, index) => {
      const sum = sums[index % sums.length];
      return [name, { ...figures(sum), histograms: { response: sum } }];
    }),
  );
  writer.writeEnd({
    reason: 'finished',
    health: { verdict: 'healthy', reasons: [], saturatedSeconds: [] },
    totals: {
      durationMs: seconds * 1000,
      counters: {},
      gauges: {},
      rates: {},
      checks: [],
      iterations: { complete: 0, interrupted: 0 },
      trends,
    },
  });
  await writer.close();
}

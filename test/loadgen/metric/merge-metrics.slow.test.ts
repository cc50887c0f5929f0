import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHistogram } from '../../../src/core/histogram/histogram-codec.js';
import { drainMetrics, withoutTimes, type DrainedMetrics } from '../../../src/loadgen/metric/drain-metrics.js';
import { mergeMetrics } from '../../../src/loadgen/metric/merge-metrics.js';
import { SeriesRegistry } from '../../../src/loadgen/metric/series-registry.js';
import { NO_TAGS } from '../../../src/loadgen/metric/series.js';
import { decodeSketch } from '../../../src/core/histogram/sketch-codec.js';

/** One sample of a metric, and the thread that recorded it. */
interface Sample {
  readonly thread: number;
  readonly kind: 'counter' | 'rate' | 'time' | 'value' | 'check' | 'gauge';
  readonly value: number;
}

const THREADS = 3;
const samples: fc.Arbitrary<Sample[]> = fc.array(
  fc.record({
    thread: fc.integer({ min: 0, max: THREADS - 1 }),
    kind: fc.constantFrom('counter', 'rate', 'time', 'value', 'check', 'gauge'),
    value: fc.integer({ min: 0, max: 100_000 }),
  }),
  { maxLength: 60 },
);

class Recorder {
  readonly registry = new SeriesRegistry();
  readonly counter = this.registry.counter('counter');
  readonly rate = this.registry.rate('rate');
  readonly time = this.registry.timeTrend('time');
  readonly value = this.registry.define('value', 'trend', 'default');
  readonly gauge = this.registry.gauge('gauge');

  record({ kind, value }: Sample): void {
    switch (kind) {
      case 'check':
        if (value % 2 === 0) this.registry.check(`c${value % 3}`, '::g').passes += 1;
        else this.registry.check(`c${value % 3}`, '::g').fails += 1;
        return;
      case 'rate':
        return this.rate.add(value % 2, NO_TAGS);
      default:
        return this[kind].add(value, NO_TAGS);
    }
  }
}

function comparable({ counters, gauges, rates, trends, checks, histograms, sketches }: DrainedMetrics) {
  return {
    counters,
    rates,
    gauges: withoutTimes(gauges),
    trends,
    checks: checks.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    histograms: histograms.map(({ series, kind, bytes }) => [series, kind, [...decodeHistogram(bytes).counts]]),
    sketches: sketches.map(({ series, bytes }) => {
      const sketch = decodeSketch(bytes);
      return [series, sketch.count, [0, 0.5, 0.99].map((quantile) => sketch.quantile(quantile))];
    }),
  };
}

describe('mergeMetrics', () => {
  it('merges the values of several threads as if one had recorded them', () => {
    fc.assert(
      fc.property(samples, (all) => {
        const threads = Array.from({ length: THREADS }, () => new Recorder());
        const single = new Recorder();
        for (const sample of all) {
          threads[sample.thread]?.record(sample);
          single.record(sample);
        }
        const merged = mergeMetrics(threads.map(({ registry }) => drainMetrics(registry)));
        expect(comparable(merged)).toEqual(comparable(drainMetrics(single.registry)));
      }),
      { numRuns: 60 },
    );
  });

  it('adds up gauges of which each thread has a part, and takes the last value of the others', () => {
    const part = (vus: number, own: number, atNs: bigint): DrainedMetrics => ({
      ...drainMetrics(new SeriesRegistry()),
      gauges: {
        vus: { value: vus, min: vus, max: vus, atNs },
        'vus{a:b}': { value: vus, min: vus, max: vus, atNs },
        own: { value: own, min: own, max: own, atNs },
      },
    });
    expect(mergeMetrics([part(3, 7, 20n), part(4, 9, 10n)]).gauges).toEqual({
      vus: { value: 7, min: 7, max: 7, atNs: 20n },
      'vus{a:b}': { value: 7, min: 7, max: 7, atNs: 20n },
      own: { value: 7, min: 7, max: 9, atNs: 20n },
    });
  });
});

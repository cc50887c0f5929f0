import { systemClock } from '../../src/core/clock.js';
import { Histogram } from '../../src/core/histogram/histogram.js';
import { decodeHistogram } from '../../src/core/histogram/histogram-codec.js';
import { IterationPool } from '../../src/loadgen/executor/executor.js';
import { WHOLE } from '../../src/loadgen/pacing/shard.js';
import type { LoadFlags } from '../../src/loadgen/options/index.js';
import { parseLoadOptions } from '../../src/loadgen/plan/parse-load-options.js';
import { runLoad } from './run-load.js';
import { Load } from '../../src/loadgen/thread/load.js';
import { ProgressCells } from '../../src/loadgen/thread/progress-cells.js';
import type { SecondMessage } from '../../src/loadgen/thread/protocol.js';
import type { HistogramKind } from '../../src/run-file/records.js';

/** The result of a built-in scenario, summed over all seconds. */
export class BuiltInResult {
  readonly log: string[] = [];
  readonly #counters = new Map<string, number>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #gaugeMaxima = new Map<string, number>();

  add({ metrics }: SecondMessage): void {
    for (const [name, value] of Object.entries(metrics.counters)) {
      this.#counters.set(name, this.counter(name) + value);
    }
    for (const [name, { max }] of Object.entries(metrics.gauges)) {
      this.#gaugeMaxima.set(name, Math.max(max, this.#gaugeMaxima.get(name) ?? max));
    }
    for (const { series, kind, bytes } of metrics.histograms) {
      this.histogram(series, kind).add(decodeHistogram(bytes));
    }
  }

  /** The counter's total; 0 when it was never counted. */
  counter(name: string): number {
    return this.#counters.get(name) ?? 0;
  }

  gaugeMax(name: string): number | undefined {
    return this.#gaugeMaxima.get(name);
  }

  histogram(series: string, kind: HistogramKind = 'response'): Histogram {
    const key = `${series} ${kind}`;
    const known = this.#histograms.get(key) ?? new Histogram();
    this.#histograms.set(key, known);
    return known;
  }
}

/**
 * Runs a built-in scenario in this thread, on the machine's clock; `started` gets the function that
 * stops it.
 */
export async function runBuiltIn(flags: LoadFlags, started?: (stop: () => void) => void): Promise<BuiltInResult> {
  const plan = parseLoadOptions({ gracefulStop: '5s', ...flags });
  const result = new BuiltInResult();
  const load = new Load({
    plan,
    shard: WHOLE,
    pools: plan.scenarios.map(() => new IterationPool()),
    clock: systemClock,
    events: {
      log: ({ text }) => result.log.push(text),
      verdict: () => undefined,
      progress: [plan.scenarios.map(() => new ProgressCells())],
      secondEnded: (message) => result.add(message),
    },
  });
  started?.(() => load.stop());
  await runLoad(load);
  return result;
}

import { Histogram } from '../../core/histogram/histogram.js';
import type {
  HealthRecord,
  HistogramRecord,
  RunEnd,
  RunHeader,
  SecondRecord,
  SketchRecord,
} from '../../run-file/records.js';
import type { LatencyFigures, RunSnapshot } from '../../summary/live/run-snapshot.js';
import type { ThresholdPlan } from '../../summary/k6/threshold.js';
import { ThresholdJudge } from '../../summary/k6/threshold-judge.js';
import { RunAccumulator } from './run-accumulator.js';
import type { RunSink } from './run-sink.js';

const NO_ITERATIONS = { complete: 0, interrupted: 0 } as const;

/**
 * Converts the records of a run to snapshots for display: one after each second, and one at the
 * end.
 */
export class RunMonitor implements RunSink {
  readonly #accumulator = new RunAccumulator();
  readonly #judge: ThresholdJudge;
  /**
   * Response times of the current second. The histograms are large, so they are created once and
   * reused.
   */
  readonly #response = new Map<string, Histogram>();
  #header: RunHeader | undefined;
  #second: SecondRecord | undefined;
  #lastElapsedMs = 0;
  #last: RunSnapshot | undefined;

  readonly #report: (snapshot: RunSnapshot) => void;

  constructor(thresholds: readonly ThresholdPlan[], report: (snapshot: RunSnapshot) => void) {
    this.#report = report;
    this.#judge = new ThresholdJudge(thresholds);
  }

  writeHeader(header: RunHeader): void {
    this.#header = header;
  }

  writeSecond(second: SecondRecord): void {
    this.#second = second;
    this.#accumulator.addFigures(second);
  }

  writeHistogram(record: HistogramRecord): void {
    this.#accumulator.mergeHistogram(record);
    if (record.kind !== 'response') return;
    const histogram = this.#response.get(record.series) ?? new Histogram();
    this.#response.set(record.series, histogram);
    histogram.add(record.histogram);
  }

  writeSketch(record: SketchRecord): void {
    this.#accumulator.mergeSketch(record);
  }

  /** The last record of each second. */
  writeHealth(health: HealthRecord): void {
    const header = this.#header;
    const second = this.#second;
    if (header === undefined || second === undefined) return;
    const totals = this.#accumulator.totals(second.elapsedMs, NO_ITERATIONS);
    this.#last = {
      header,
      second,
      lengthMs: second.elapsedMs - this.#lastElapsedMs,
      health,
      latencies: this.#takeLatencies(),
      totals,
      thresholds: this.#judge.outcomes(totals, header.metrics),
    };
    this.#lastElapsedMs = second.elapsedMs;
    this.#report(this.#last);
  }

  writeGateway(): void {}

  writeEvent(): void {}

  writeThreshold(): void {}

  writeEnd(end: RunEnd): void {
    if (this.#last === undefined) return;
    const { totals } = end;
    const { metrics } = this.#last.header;
    this.#report({ ...this.#last, totals, thresholds: this.#judge.outcomes(totals, metrics), end });
  }

  #takeLatencies(): ReadonlyMap<string, LatencyFigures> {
    const figures = new Map<string, LatencyFigures>();
    for (const [series, histogram] of this.#response) {
      if (histogram.count === 0) continue;
      figures.set(series, figuresOf(histogram));
      histogram.reset();
    }
    return figures;
  }
}

function figuresOf(histogram: Histogram): LatencyFigures {
  const at = (percentile: number): number => histogram.valueAtPercentile(percentile);
  return { count: histogram.count, p50: at(50), p90: at(90), p99: at(99), max: histogram.max };
}

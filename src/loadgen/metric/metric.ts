import type { MetricDefinition } from '../../run-file/records.js';
import { hasTags, type AnySeries, type Series, type TimeTrend, type Tags } from './series.js';

/** The samples of a metric that have all these tags, as a threshold selects them. */
export interface Submetric<S extends AnySeries> {
  /** `metric{tag:value}` as requested. */
  readonly name: string;
  readonly tags: Tags;
  readonly series: S;
}

/** Receives each sample, for outputs that record all of them. */
export type SampleTap = (definition: MetricDefinition, value: number, tags: Tags) => void;

/** Parts of a metric. */
export interface MetricOptions<S extends AnySeries> {
  readonly definition: MetricDefinition;
  readonly total: S;
  readonly submetrics: readonly Submetric<S>[];
  readonly tap: SampleTap | undefined;
}

/**
 * A metric of a thread: its total and the submetrics of the plan. Other tags create no series: the
 * plan determines the number of series, never the data.
 */
export class Metric<S extends AnySeries = AnySeries> {
  readonly definition: MetricDefinition;
  readonly total: S;
  readonly submetrics: readonly Submetric<S>[];
  readonly tap: SampleTap | undefined;

  constructor({ definition, total, submetrics, tap }: MetricOptions<S>) {
    this.definition = definition;
    this.total = total;
    this.submetrics = submetrics;
    this.tap = tap;
  }

  /**
   * Returns the series for samples with these tags, to be kept as long as the tags do not change.
   * Returns the total itself if nothing else records them.
   */
  bind(tags: Tags): Series {
    const wanting = this.submetrics.filter((submetric) => hasTags(tags, submetric.tags)).map(({ series }) => series);
    if (wanting.length === 0 && this.tap === undefined) return this.total;
    const { total, tap, definition } = this;
    return {
      add: (value) => {
        total.add(value);
        for (const series of wanting) series.add(value);
        tap?.(definition, value, tags);
      },
    };
  }

  /** Records one sample. */
  add(value: number, tags: Tags): void {
    this.total.add(value);
    this.forward(value, tags);
  }

  /** Passes a sample to submetrics and taps whose value the total already contains. */
  forward(value: number, tags: Tags): void {
    for (const submetric of this.submetrics) if (hasTags(tags, submetric.tags)) submetric.series.add(value);
    this.tap?.(this.definition, value, tags);
  }
}

/**
 * Records actions with the same tags: the times in milliseconds at which they were due, sent and
 * answered.
 */
export interface Actions {
  add(dueMs: number, sentMs: number, answeredMs: number): void;
}

/**
 * Like `Metric.bind`, for actions with a due time. A tap receives the response time, which
 * summaries show.
 */
export function bindActions({ total, submetrics, tap, definition }: Metric<TimeTrend>, tags: Tags): Actions {
  const wanting = submetrics.filter((submetric) => hasTags(tags, submetric.tags)).map(({ series }) => series);
  return {
    add: (dueMs, sentMs, answeredMs) => {
      total.addAction(dueMs, sentMs, answeredMs);
      for (const series of wanting) series.addAction(dueMs, sentMs, answeredMs);
      tap?.(definition, answeredMs - dueMs, tags);
    },
  };
}

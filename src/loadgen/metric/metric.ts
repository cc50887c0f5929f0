import type { MetricDefinition } from '../../run-file/records.js';
import { hasTags, type AnySeries, type Series, type TimeTrend, type Tags } from './series.js';

/** Those of a metric's samples that have all the tags, as a threshold names them. */
export interface Submetric<S extends AnySeries> {
  /** `metric{tag:value}` as it was asked for. */
  readonly name: string;
  readonly tags: Tags;
  readonly series: S;
}

/** Hears of each sample, for outputs that want every one. */
export type SampleTap = (definition: MetricDefinition, value: number, tags: Tags) => void;

/** What a metric is made of. */
export interface MetricOptions<S extends AnySeries> {
  readonly definition: MetricDefinition;
  readonly total: S;
  readonly submetrics: readonly Submetric<S>[];
  readonly tap: SampleTap | undefined;
}

/**
 * A metric of a thread: its total, the submetrics that the plan names, and nothing for any other
 * tag: the plan decides how many series there are, never the data.
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
   * Where samples with these tags go, to be kept as long as the tags are the same. The total itself
   * when nobody else wants them.
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
    this.tell(value, tags);
  }

  /** Records a sample whose value the total has already. */
  tell(value: number, tags: Tags): void {
    for (const submetric of this.submetrics) if (hasTags(tags, submetric.tags)) submetric.series.add(value);
    this.tap?.(this.definition, value, tags);
  }
}

/**
 * Where actions with the same tags are recorded: when they were due, when they left and when they
 * were answered. Milliseconds.
 */
export interface Actions {
  add(dueMs: number, sentMs: number, answeredMs: number): void;
}

/**
 * Like `Metric.bind`, for times that know when they were due. A tap hears of the response time,
 * which is what summaries show.
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

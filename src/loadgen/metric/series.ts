import { Histogram } from '../../core/histogram/histogram.js';
import { ValueSketch } from '../../core/histogram/value-sketch.js';
import type { MetricContains, MetricDefinition } from '../../run-file/records.js';

/**
 * Tags of samples. They are immutable once a metric has received them, so that cached lookups stay
 * valid.
 */
export type Tags = ReadonlyMap<string, string>;

/** No tags. */
export const NO_TAGS: Tags = new Map();

/** Returns the tags with others added; later ones win. */
export function withTags(tags: Tags, more: Tags): Tags {
  if (more.size === 0) return tags;
  return tags.size === 0 ? more : new Map([...tags, ...more]);
}

/** Whether all `wanted` tags are present with their values. */
export function hasTags(tags: Tags, wanted: Tags): boolean {
  for (const [key, value] of wanted) if (tags.get(key) !== value) return false;
  return true;
}

/** Prefix of metadata names: a control character, which no tag of a plan can contain. */
const METADATA_MARK = '\u0000';

/**
 * Returns the tags with one more entry that is written with samples and never selects any: k6's
 * metadata. It is stored in the same map, so that it costs nothing if there is none. Undefined
 * removes the entry.
 */
export function withMetadata(tags: Tags, name: string, value: string | undefined): Tags {
  const changed = new Map(tags);
  if (value === undefined) changed.delete(METADATA_MARK + name);
  else changed.set(METADATA_MARK + name, value);
  return changed;
}

/** Returns only the tags. */
export function tagsOf(tags: Tags): [name: string, value: string][] {
  return [...tags].filter(([name]) => !name.startsWith(METADATA_MARK));
}

/** Returns only the metadata. */
export function metadataOf(tags: Tags): [name: string, value: string][] {
  return [...tags].flatMap(([name, value]) => (name.startsWith(METADATA_MARK) ? [[name.slice(1), value]] : []));
}

/**
 * Receives the values of samples. Code that records many samples with the same tags looks up a
 * series once (`Metric.bind`) and keeps it.
 */
export interface Series {
  add(value: number): void;
}

/** A sum. Hot code that holds the counter may add to `value` directly. */
export class Counter implements Series {
  value = 0;

  add(value: number): void {
    this.value += value;
  }
}

/** The last value, and the smallest and largest since the last drain. */
export class Gauge implements Series {
  value = 0;
  /**
   * Time of the value in nanoseconds, by the clock that all threads share. The last value of all
   * threads counts.
   */
  atNs = 0n;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;

  get isSet(): boolean {
    return this.max >= this.min;
  }

  add(value: number): void {
    this.value = value;
    this.atNs = process.hrtime.bigint();
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
  }

  reset(): void {
    this.min = Number.POSITIVE_INFINITY;
    this.max = Number.NEGATIVE_INFINITY;
  }
}

/** Counts non-zero values and zeros. */
export class Rate implements Series {
  passes = 0;
  fails = 0;

  add(value: number): void {
    if (value === 0) this.fails += 1;
    else this.passes += 1;
  }
}

/**
 * Distribution of times in milliseconds, by their reference time. Only `response` always has
 * samples.
 */
export class TimeTrend implements Series {
  readonly response = new Histogram();
  /** Created by the first sample with a due time. */
  service: Histogram | undefined;
  lag: Histogram | undefined;

  add(valueMs: number): void {
    this.response.record(valueMs);
  }

  /** Records an action that was due, sent and answered at these times. */
  addAction(dueMs: number, sentMs: number, answeredMs: number): void {
    this.response.record(answeredMs - dueMs);
    (this.service ??= new Histogram()).record(answeredMs - sentMs);
    (this.lag ??= new Histogram()).record(sentMs - dueMs);
  }
}

/** Distribution of values other than times. */
export class ValueTrend implements Series {
  readonly sketch = new ValueSketch();

  add(value: number): void {
    this.sketch.record(value);
  }
}

/** Any kind of series. */
export type AnySeries = Counter | Gauge | Rate | TimeTrend | ValueTrend;

/** Creates an empty series for a metric of this kind. */
export function createSeries({ type, contains }: Pick<MetricDefinition, 'type' | 'contains'>): AnySeries {
  switch (type) {
    case 'counter':
      return new Counter();
    case 'gauge':
      return new Gauge();
    case 'rate':
      return new Rate();
    case 'trend':
      return isTime(contains) ? new TimeTrend() : new ValueTrend();
  }
}

function isTime(contains: MetricContains): boolean {
  return contains === 'time';
}

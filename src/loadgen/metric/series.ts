import { Histogram } from '../../core/histogram/histogram.js';
import { ValueSketch } from '../../core/histogram/value-sketch.js';
import type { MetricContains, MetricDefinition } from '../../run-file/records.js';

/**
 * Tags of samples; never changed once they are given to a metric, so that what was looked up for
 * them stays true.
 */
export type Tags = ReadonlyMap<string, string>;

/** No tags. */
export const NO_TAGS: Tags = new Map();

/** These tags and more; the later ones win. */
export function withTags(tags: Tags, more: Tags): Tags {
  if (more.size === 0) return tags;
  return tags.size === 0 ? more : new Map([...tags, ...more]);
}

/** Whether every tag wanted is there with its value. */
export function hasTags(tags: Tags, wanted: Tags): boolean {
  for (const [key, value] of wanted) if (tags.get(key) !== value) return false;
  return true;
}

/** Begins the name of metadata: a control character, so that no tag of a plan has such a name. */
const METADATA_MARK = '\u0000';

/**
 * These tags with one more text beside them that is written out with samples and never selects any:
 * k6's metadata. It travels in the same map, so that it costs nothing where there is none.
 * Undefined takes it away.
 */
export function withMetadata(tags: Tags, name: string, value: string | undefined): Tags {
  const changed = new Map(tags);
  if (value === undefined) changed.delete(METADATA_MARK + name);
  else changed.set(METADATA_MARK + name, value);
  return changed;
}

/** The tags alone. */
export function tagsOf(tags: Tags): [name: string, value: string][] {
  return [...tags].filter(([name]) => !name.startsWith(METADATA_MARK));
}

/** The metadata alone. */
export function metadataOf(tags: Tags): [name: string, value: string][] {
  return [...tags].flatMap(([name, value]) => (name.startsWith(METADATA_MARK) ? [[name.slice(1), value]] : []));
}

/**
 * Takes the values of samples. Whoever records many with the same tags looks one up once
 * (`Metric.bind`) and keeps it.
 */
export interface Series {
  add(value: number): void;
}

/** A sum. Hot code may add to `value` directly when it holds the counter itself. */
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
   * When the value came, by the clock that all threads share: the last one of all of them stands.
   * Nanoseconds.
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

/** Counts values that are not 0, and those that are. */
export class Rate implements Series {
  passes = 0;
  fails = 0;

  add(value: number): void {
    if (value === 0) this.fails += 1;
    else this.passes += 1;
  }
}

/**
 * The distribution of times in milliseconds, by what they were measured from. Only `response`
 * always has samples.
 */
export class TimeTrend implements Series {
  readonly response = new Histogram();
  /** Made with the first sample that knows when it was due. */
  service: Histogram | undefined;
  lag: Histogram | undefined;

  add(valueMs: number): void {
    this.response.record(valueMs);
  }

  /** An action that was due, left and was answered at these moments. */
  addAction(dueMs: number, sentMs: number, answeredMs: number): void {
    this.response.record(answeredMs - dueMs);
    (this.service ??= new Histogram()).record(answeredMs - sentMs);
    (this.lag ??= new Histogram()).record(sentMs - dueMs);
  }
}

/** The distribution of values that are no times. */
export class ValueTrend implements Series {
  readonly sketch = new ValueSketch();

  add(value: number): void {
    this.sketch.record(value);
  }
}

/** Any of them. */
export type AnySeries = Counter | Gauge | Rate | TimeTrend | ValueTrend;

/** An empty series for a metric of this kind. */
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

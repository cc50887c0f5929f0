import { Histogram } from '../../core/histogram.js';
import type { HistogramKind } from '../../run-file/records.js';

/** A sum; hot code adds to `value` directly. */
export interface Counter {
  value: number;
}

/** A named condition's outcomes; hot code adds to them directly. */
export interface Check {
  readonly name: string;
  passes: number;
  fails: number;
}

/** The last value, and the smallest and largest of the time since the last drain. */
export class Gauge {
  value = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;

  get isSet(): boolean {
    return this.max >= this.min;
  }

  set(value: number): void {
    this.value = value;
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
  }

  reset(): void {
    this.min = Number.POSITIVE_INFINITY;
    this.max = Number.NEGATIVE_INFINITY;
  }
}

/** One kind of a time trend's samples. */
export interface TrendSeries {
  readonly name: string;
  readonly kind: HistogramKind;
  readonly histogram: Histogram;
}

/** All that the virtual users of a thread record between two drains, under k6's names. */
export class MetricRegistry {
  readonly counters = new Map<string, Counter>();
  readonly gauges = new Map<string, Gauge>();
  readonly trends: TrendSeries[] = [];
  readonly checks: Check[] = [];

  counter(name: string): Counter {
    const counter = { value: 0 };
    this.counters.set(name, counter);
    return counter;
  }

  gauge(name: string): Gauge {
    const gauge = new Gauge();
    this.gauges.set(name, gauge);
    return gauge;
  }

  histogram(name: string, kind: HistogramKind): Histogram {
    const histogram = new Histogram();
    this.trends.push({ name, kind, histogram });
    return histogram;
  }

  /** A check; the rate `checks` is the sum of all. */
  check(name: string): Check {
    const check = { name, passes: 0, fails: 0 };
    this.checks.push(check);
    return check;
  }
}

import type { SecondRecord } from '../../../run-file/records.js';

const FIRST_ROOM = 128;

/** A range of seconds of a run, from `from` to before `to`. */
export interface SecondRange {
  readonly from: number;
  readonly to: number;
}

/** The number of samples, their sum and their maximum, for each second of a trend. */
export interface SecondFigures {
  readonly counts: readonly number[];
  readonly sums: readonly number[];
  readonly maxima: readonly number[];
}

/** A growing column of numbers, one per second; NaN for a missing one. */
export class Column {
  #values = new Float64Array(FIRST_ROOM).fill(Number.NaN);

  set(second: number, value: number): void {
    if (second >= this.#values.length) {
      const larger = new Float64Array(Math.max(second + 1, this.#values.length * 2)).fill(Number.NaN);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[second] = value;
  }

  /** The value of a second; undefined if none was set. */
  at(second: number): number | undefined {
    const value = this.#values[second];
    return value === undefined || Number.isNaN(value) ? undefined : value;
  }

  /** The values of all seconds of the range, with `missing` for those not set. */
  range({ from, to }: SecondRange, missing: number): number[] {
    return Array.from({ length: Math.max(0, to - from) }, (_, at) => this.at(from + at) ?? missing);
  }
}

/** The columns of a trend. */
interface TrendColumns {
  readonly counts: Column;
  readonly sums: Column;
  readonly maxima: Column;
}

/**
 * The seconds of a run for a few series, stored as columns: objects would take ten times the
 * memory, which is too much for a run of a day. Series without any value are undefined.
 */
export class SecondColumns {
  #length = 0;
  readonly #counters = new Map<string, Column>();
  readonly #gauges = new Map<string, Column>();
  readonly #rates = new Map<string, { readonly passes: Column; readonly fails: Column }>();
  readonly #trends = new Map<string, TrendColumns>();

  readonly #series: readonly string[];

  constructor(series: readonly string[]) {
    this.#series = series;
  }

  /** Columns of all series of seconds that are in memory already. */
  static of(seconds: readonly SecondRecord[]): SecondColumns {
    const names = seconds.flatMap(({ counters, gauges, rates, trends }) =>
      [counters, gauges, rates, trends].flatMap((kind) => Object.keys(kind)),
    );
    const columns = new SecondColumns([...new Set(names)]);
    for (const second of seconds) columns.add(second);
    return columns;
  }

  /** Number of seconds. */
  get length(): number {
    return this.#length;
  }

  /** Adds the next second. */
  add({ counters, gauges, rates, trends }: SecondRecord): undefined {
    const second = this.#length;
    this.#length += 1;
    for (const name of this.#series) {
      const counter = counters[name];
      if (counter !== undefined) columnOf(this.#counters, name).set(second, counter);
      const gauge = gauges[name];
      if (gauge !== undefined) columnOf(this.#gauges, name).set(second, gauge.value);
      const rate = rates[name];
      if (rate !== undefined) {
        const columns = entryOf(this.#rates, name, () => ({ passes: new Column(), fails: new Column() }));
        columns.passes.set(second, rate.passes);
        columns.fails.set(second, rate.fails);
      }
      const trend = trends[name];
      if (trend !== undefined) {
        const columns = entryOf(this.#trends, name, newTrend);
        columns.counts.set(second, trend.count);
        columns.sums.set(second, trend.sum);
        columns.maxima.set(second, trend.max);
      }
    }
  }

  /** The counts of each second; 0 without any. */
  counter(series: string, range: SecondRange): readonly number[] | undefined {
    return this.#counters.get(series)?.range(range, 0);
  }

  /** The last value of each second; 0 without any. */
  gauge(series: string, range: SecondRange): readonly number[] | undefined {
    return this.#gauges.get(series)?.range(range, 0);
  }

  rate(
    series: string,
    range: SecondRange,
  ): { readonly passes: readonly number[]; readonly fails: readonly number[] } | undefined {
    const columns = this.#rates.get(series);
    return columns && { passes: columns.passes.range(range, 0), fails: columns.fails.range(range, 0) };
  }

  /** The figures of each second; zeros without samples. */
  trend(series: string, range: SecondRange): SecondFigures | undefined {
    const columns = this.#trends.get(series);
    if (columns === undefined) return undefined;
    const { counts, sums, maxima } = columns;
    return { counts: counts.range(range, 0), sums: sums.range(range, 0), maxima: maxima.range(range, 0) };
  }
}

function newTrend(): TrendColumns {
  return { counts: new Column(), sums: new Column(), maxima: new Column() };
}

function columnOf(columns: Map<string, Column>, name: string): Column {
  return entryOf(columns, name, () => new Column());
}

function entryOf<T>(entries: Map<string, T>, name: string, create: () => T): T {
  const known = entries.get(name);
  if (known !== undefined) return known;
  const created = create();
  entries.set(name, created);
  return created;
}

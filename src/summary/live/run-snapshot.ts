import type {
  HealthRecord,
  RunEnd,
  RunHeader,
  RunTotals,
  SecondRecord,
  ThresholdRecord,
} from '../../run-file/records.js';

/** Response times of one second, in milliseconds. */
export interface LatencyFigures {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** A run after one of its seconds. Must be read immediately, since `totals` keeps changing. */
export interface RunSnapshot {
  readonly header: RunHeader;
  readonly second: SecondRecord;
  /** Length of this second: the last one of a run may be shorter, and a late one longer. */
  readonly lengthMs: number;
  readonly health: HealthRecord;
  /** Latencies of the second, by series. */
  readonly latencies: ReadonlyMap<string, LatencyFigures>;
  /** Totals from the start to the end of this second. */
  readonly totals: RunTotals;
  /** Thresholds as if the run ended now. */
  readonly thresholds: readonly ThresholdRecord[];
  /** Set when the run is over; the figures are then those of its last second. */
  readonly end?: RunEnd;
}

/** Figures of one second of a run for charts, as rates per second regardless of its length. */
export interface LivePoint {
  readonly elapsedMs: number;
  readonly vus: number;
  /** Rates of counters per second. */
  readonly rates: ReadonlyMap<string, number>;
  /** Share of passes of rate metrics, 0 to 1. */
  readonly shares: ReadonlyMap<string, number>;
  readonly latencies: ReadonlyMap<string, LatencyFigures>;
}

/** The last seconds of a run, oldest first, and its latest snapshot. */
export class LiveHistory {
  #points: LivePoint[] = [];
  #newest: RunSnapshot | undefined;

  readonly #mostSeconds: number;

  constructor(mostSeconds: number) {
    this.#mostSeconds = mostSeconds;
  }

  get latest(): RunSnapshot | undefined {
    return this.#newest;
  }

  get seconds(): readonly LivePoint[] {
    return this.#points;
  }

  /** Adds the snapshot after a second, or that of the end, which does not add a second. */
  add(snapshot: RunSnapshot): void {
    this.#newest = snapshot;
    if (snapshot.end !== undefined) return;
    this.#points = [...this.#points, livePoint(snapshot)].slice(-this.#mostSeconds);
  }
}

/** The second of a snapshot as a point of charts. */
export function livePoint({ second, lengthMs, latencies }: RunSnapshot): LivePoint {
  const seconds = Math.max(lengthMs, 1) / 1000;
  return {
    elapsedMs: second.elapsedMs,
    vus: second.gauges['vus']?.value ?? 0,
    rates: new Map(Object.entries(second.counters).map(([name, count]) => [name, count / seconds])),
    shares: new Map(
      Object.entries(second.rates).map(([name, { passes, fails }]) => [name, passes / Math.max(1, passes + fails)]),
    ),
    latencies,
  };
}

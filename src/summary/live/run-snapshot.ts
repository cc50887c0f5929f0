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

/** A run after one of its seconds. To be read at once: what stands in `totals` goes on growing. */
export interface RunSnapshot {
  readonly header: RunHeader;
  readonly second: SecondRecord;
  /**
   * How long this second was: the last one of a run may be shorter, and one that ended late longer.
   */
  readonly lengthMs: number;
  readonly health: HealthRecord;
  /** Of the second, by series of times. */
  readonly latencies: ReadonlyMap<string, LatencyFigures>;
  /** From the start to the end of this second. */
  readonly totals: RunTotals;
  /** As they would be judged if the run ended now. */
  readonly thresholds: readonly ThresholdRecord[];
  /** When the run is over; the seconds' figures are then those of its last second. */
  readonly end?: RunEnd;
}

/**
 * What one second of a run was like, for charts: per second of time, whatever the second's length.
 */
export interface LivePoint {
  readonly elapsedMs: number;
  readonly vus: number;
  /** Of counters, a second. */
  readonly rates: ReadonlyMap<string, number>;
  /** Of rates what was not 0, as a share from 0 to 1. */
  readonly shares: ReadonlyMap<string, number>;
  readonly latencies: ReadonlyMap<string, LatencyFigures>;
}

/** The last seconds of a run, oldest first, and how it stands now. */
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

  /** Takes the snapshot after a second, or that of the end, which adds no second. */
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

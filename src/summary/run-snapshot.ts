import type { HealthRecord, RunEnd, RunHeader, RunTotals, SecondRecord, ThresholdRecord } from '../run-file/records.js';

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
  /** How long this second was: the last one of a run may be shorter, and one that ended late longer. */
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

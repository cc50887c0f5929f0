import type { SampleBatch } from '../metric/sample-batch.js';
import type { RunSnapshot } from '../../summary/run-snapshot.js';

/** One of the places that `--out` names. It takes what it wants and never makes the run wait. */
export interface LoadOutput {
  /** For the header, in k6's form: `json (samples.json)`. */
  readonly description: string;
  /** Throws a `WsgError` when there is nothing to write to. */
  start(): Promise<void>;
  /** Each sample of the run; only then do load threads send them. */
  takeSamples?(batch: SampleBatch): void;
  /** The run so far, each second and at its end. */
  takeSnapshot?(snapshot: RunSnapshot): void;
  /** Writes what still waits, for a bounded time. Gives a sentence for all that was lost on the way. */
  stop(): Promise<readonly string[]>;
}

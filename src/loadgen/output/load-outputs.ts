import type { SampleBatch } from '../metric/sample-batch.js';
import type { RunSnapshot } from '../../summary/live/run-snapshot.js';

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
  /**
   * Writes what still waits, for a bounded time. Gives a sentence for all that was lost on the way.
   */
  stop(): Promise<readonly string[]>;
}

/** All outputs of a run as one. */
export class LoadOutputs {
  readonly #outputs: readonly LoadOutput[];

  constructor(outputs: readonly LoadOutput[]) {
    this.#outputs = outputs;
  }

  /** For the header, in the order in which they were named. */
  get descriptions(): readonly string[] {
    return this.#outputs.map(({ description }) => description);
  }

  /** Takes every sample; undefined when no output wants them. */
  get takeSamples(): ((batch: SampleBatch) => void) | undefined {
    const takers = this.#outputs.filter((output) => output.takeSamples !== undefined);
    if (takers.length === 0) return undefined;
    return (batch) => {
      for (const taker of takers) taker.takeSamples?.(batch);
    };
  }

  /** Throws what the first one that cannot start throws; those before it are stopped again. */
  async start(): Promise<void> {
    for (const [place, output] of this.#outputs.entries()) {
      try {
        await output.start();
      } catch (error) {
        for (const started of this.#outputs.slice(0, place)) await started.stop();
        throw error;
      }
    }
  }

  takeSnapshot(snapshot: RunSnapshot): void {
    for (const output of this.#outputs) output.takeSnapshot?.(snapshot);
  }

  /** Stops all at once. Gives a sentence for all that was lost. */
  async stop(): Promise<readonly string[]> {
    const sentences = await Promise.all(this.#outputs.map((output) => output.stop()));
    return sentences.flat();
  }
}

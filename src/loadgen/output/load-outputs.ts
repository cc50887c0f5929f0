import type { SampleBatch } from '../metric/sample-batch.js';
import type { RunSnapshot } from '../../summary/live/run-snapshot.js';

/** An output of `--out`. It chooses what it takes, and never makes the run wait. */
export interface LoadOutput {
  /** Text for the header in k6's format: `json (samples.json)`. */
  readonly description: string;
  /** Throws a `WsgError` if the destination cannot be written. */
  start(): Promise<void>;
  /**
   * Receives each sample of the run. Load threads only send samples if an output has this method.
   */
  takeSamples?(batch: SampleBatch): void;
  /** Receives the run so far, each second and at its end. */
  takeSnapshot?(snapshot: RunSnapshot): void;
  /** Writes pending data for a bounded time. Returns a sentence for everything that was lost. */
  stop(): Promise<readonly string[]>;
}

/** All outputs of a run, combined. */
export class LoadOutputs {
  readonly #outputs: readonly LoadOutput[];

  constructor(outputs: readonly LoadOutput[]) {
    this.#outputs = outputs;
  }

  /** Texts for the header, in the order of the options. */
  get descriptions(): readonly string[] {
    return this.#outputs.map(({ description }) => description);
  }

  /** Takes every sample; undefined if no output wants them. */
  get takeSamples(): ((batch: SampleBatch) => void) | undefined {
    const takers = this.#outputs.filter((output) => output.takeSamples !== undefined);
    if (takers.length === 0) return undefined;
    return (batch) => {
      for (const taker of takers) taker.takeSamples?.(batch);
    };
  }

  /** Starts all outputs. If one fails, stops the previous ones and throws its error. */
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

  /** Stops all outputs at once. Returns a sentence for everything that was lost. */
  async stop(): Promise<readonly string[]> {
    const sentences = await Promise.all(this.#outputs.map((output) => output.stop()));
    return sentences.flat();
  }
}

import type { Check } from './series-registry.js';
import type { Series } from './series.js';

/**
 * Records the outcomes of one check with the same tags: counts them by name, and as samples of the
 * rate `checks`. Hot path: see bench/generator.
 */
export class CheckRecorder {
  readonly #check: Check;
  readonly #samples: Series;

  /** `samples` is the metric `checks`, bound to the tags. */
  constructor(check: Check, samples: Series) {
    this.#check = check;
    this.#samples = samples;
  }

  add(isPassed: boolean): void {
    if (isPassed) {
      this.#check.passes += 1;
      this.#samples.add(1);
    } else {
      this.#check.fails += 1;
      this.#samples.add(0);
    }
  }
}

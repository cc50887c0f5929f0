import type { MetricDefinition } from '../../run-file/records.js';
import type { SampleTap } from './metric.js';
import type { Tags } from './series.js';

/** Samples of a batch that have metric and tags in common. */
export interface SampledSeries {
  readonly definition: MetricDefinition;
  readonly tags: Tags;
}

/**
 * Samples on their way from a load thread, each a place in three arrays; made to be transferred.
 * Complete in itself.
 */
export interface SampleBatch {
  readonly series: readonly SampledSeries[];
  /** Which of `series` each sample belongs to. */
  readonly indexes: Uint32Array<ArrayBuffer>;
  readonly values: Float64Array<ArrayBuffer>;
  /** Unix time, milliseconds. */
  readonly timesMs: Float64Array<ArrayBuffer>;
  /** Samples that the thread let go since its last batch, for nobody took them in time. */
  readonly dropped: number;
}

/**
 * 64 of the largest batches are 5 MB: what may wait between the threads and whoever takes their
 * samples.
 */
const MOST_UNDER_WAY = 64;
const LARGEST_BATCH = 4096;

/**
 * How many batches are under way, in memory that all threads share: it bounds what waits for a
 * taker that is slow.
 */
export class SampleCredit {
  readonly #underWay: Int32Array;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.#underWay = new Int32Array(memory);
  }

  /** Whether one more batch may go. */
  take(): boolean {
    if (Atomics.add(this.#underWay, 0, 1) < MOST_UNDER_WAY) return true;
    Atomics.sub(this.#underWay, 0, 1);
    return false;
  }

  /** One more batch goes, with or without leave. */
  overdraw(): void {
    Atomics.add(this.#underWay, 0, 1);
  }

  /** A batch has arrived. */
  giveBack(): void {
    Atomics.sub(this.#underWay, 0, 1);
  }
}

/** What a sample buffer works with. */
export interface SampleBufferDeps {
  readonly wallNow: () => number;
  readonly credit: SampleCredit;
  readonly post: (batch: SampleBatch) => void;
}

/**
 * Gathers every sample of a thread into batches. When none may go it lets the samples go and counts
 * them: the load does not wait.
 */
export class SampleBuffer {
  #indexes = new Uint32Array(LARGEST_BATCH);
  #values = new Float64Array(LARGEST_BATCH);
  #timesMs = new Float64Array(LARGEST_BATCH);
  #length = 0;
  #series: SampledSeries[] = [];
  #places = new Map<MetricDefinition, Map<Tags, number>>();
  #dropped = 0;

  readonly #deps: SampleBufferDeps;

  constructor(deps: SampleBufferDeps) {
    this.#deps = deps;
  }

  /** Takes one sample. Hot while an output wants samples. */
  readonly tap: SampleTap = (definition, value, tags) => {
    const at = this.#length;
    this.#indexes[at] = this.#placeOf(definition, tags);
    this.#values[at] = value;
    this.#timesMs[at] = this.#deps.wallNow();
    this.#length = at + 1;
    if (this.#length === LARGEST_BATCH) this.flush();
  };

  /** Sends what is there. */
  flush(): void {
    if (this.#length === 0) return;
    if (this.#deps.credit.take()) {
      this.#send();
    } else {
      this.#dropped += this.#length;
      this.#forget();
    }
  }

  /** Sends the rest, with or without leave: one last batch that also tells what was let go. */
  finish(): void {
    if (this.#length === 0 && this.#dropped === 0) return;
    this.#deps.credit.overdraw();
    this.#send();
  }

  #send(): void {
    const series = this.#series;
    const length = this.#length;
    const dropped = this.#dropped;
    const indexes = this.#indexes.slice(0, length);
    this.#deps.post({
      series,
      indexes,
      values: this.#values.slice(0, length),
      timesMs: this.#timesMs.slice(0, length),
      dropped,
    });
    this.#dropped = 0;
    this.#forget();
  }

  #forget(): void {
    this.#length = 0;
    this.#series = [];
    this.#places.clear();
  }

  #placeOf(definition: MetricDefinition, tags: Tags): number {
    let byTags = this.#places.get(definition);
    if (byTags === undefined) this.#places.set(definition, (byTags = new Map()));
    const known = byTags.get(tags);
    if (known !== undefined) return known;
    const place = this.#series.length;
    this.#series.push({ definition, tags });
    byTags.set(tags, place);
    return place;
  }
}

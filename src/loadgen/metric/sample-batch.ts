import type { MetricDefinition } from '../../run-file/records.js';
import type { SampleTap } from './metric.js';
import type { Tags } from './series.js';

/** Samples of a batch that share metric and tags. */
export interface SampledSeries {
  readonly definition: MetricDefinition;
  readonly tags: Tags;
}

/**
 * Samples from a load thread in three parallel arrays that can be transferred. A batch is
 * self-contained.
 */
export interface SampleBatch {
  readonly series: readonly SampledSeries[];
  /** The index in `series` of each sample. */
  readonly indexes: Uint32Array<ArrayBuffer>;
  readonly values: Float64Array<ArrayBuffer>;
  /** Unix milliseconds of each sample. */
  readonly timesMs: Float64Array<ArrayBuffer>;
  /**
   * Samples that the thread has dropped since its last batch because they were not taken in time.
   */
  readonly dropped: number;
}

/** Maximum number of batches in flight. 64 batches of maximum size take 5 MB. */
const MAX_IN_FLIGHT = 64;
const LARGEST_BATCH = 4096;

/**
 * Number of batches in flight, in memory that all threads share. It bounds the queue of a slow
 * receiver.
 */
export class SampleCredit {
  readonly #underWay: Int32Array;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.#underWay = new Int32Array(memory);
  }

  /** Reserves one batch; false at the limit. */
  take(): boolean {
    if (Atomics.add(this.#underWay, 0, 1) < MAX_IN_FLIGHT) return true;
    Atomics.sub(this.#underWay, 0, 1);
    return false;
  }

  /** Counts a batch beyond the limit. */
  overdraw(): void {
    Atomics.add(this.#underWay, 0, 1);
  }

  /** Releases a batch that was received. */
  release(): void {
    Atomics.sub(this.#underWay, 0, 1);
  }
}

/** Collaborators of a sample buffer. */
export interface SampleBufferDeps {
  readonly wallNow: () => number;
  readonly credit: SampleCredit;
  readonly post: (batch: SampleBatch) => void;
}

/**
 * Collects all samples of a thread in batches. At the limit it drops samples and counts them: the
 * load never waits.
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

  /** Takes one sample. Hot path if an output records samples. */
  readonly tap: SampleTap = (definition, value, tags) => {
    const at = this.#length;
    this.#indexes[at] = this.#placeOf(definition, tags);
    this.#values[at] = value;
    this.#timesMs[at] = this.#deps.wallNow();
    this.#length = at + 1;
    if (this.#length === LARGEST_BATCH) this.flush();
  };

  /** Sends the current batch. */
  flush(): void {
    if (this.#length === 0) return;
    if (this.#deps.credit.take()) {
      this.#send();
    } else {
      this.#dropped += this.#length;
      this.#forget();
    }
  }

  /** Sends a last batch regardless of the limit; it also reports the dropped samples. */
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

import type { MetricDefinition } from '../../src/run-file/records.js';
import { SampleBuffer, SampleCredit, type SampleBatch } from '../../src/loadgen/metric/sample-batch.js';
import type { Tags } from '../../src/loadgen/metric/series.js';

/** One sample, with its Unix time, as an output receives it. */
export interface GivenSample {
  readonly definition: MetricDefinition;
  readonly value: number;
  readonly tags: Tags;
  readonly timeMs: number;
}

/** The samples in one batch, as a load thread posts them. */
export function batchOf(samples: readonly GivenSample[], dropped = 0): SampleBatch {
  const batches: SampleBatch[] = [];
  let now = 0;
  const buffer = new SampleBuffer({
    wallNow: () => now,
    credit: new SampleCredit(),
    post: (batch) => batches.push(batch),
  });
  for (const { definition, value, tags, timeMs } of samples) {
    now = timeMs;
    buffer.tap(definition, value, tags);
  }
  buffer.flush();
  const [batch] = batches;
  if (batch === undefined) throw new Error('there is no sample');
  return { ...batch, dropped };
}

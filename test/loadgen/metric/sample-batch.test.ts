import { describe, expect, it } from 'vitest';
import { SampleBuffer, SampleCredit, type SampleBatch } from '../../../src/loadgen/metric/sample-batch.js';
import { NO_TAGS } from '../../../src/loadgen/metric/series.js';

const COUNTER = { name: 'iterations', type: 'counter', contains: 'default' } as const;
const TREND = { name: 'ws_ping', type: 'trend', contains: 'time' } as const;
const VU = new Map([['scenario', 'default']]);

function bufferInto(batches: SampleBatch[], credit = new SampleCredit()): SampleBuffer {
  let now = 1000;
  return new SampleBuffer({ wallNow: () => (now += 1), credit, post: (batch) => batches.push(batch) });
}

describe('SampleBuffer', () => {
  it('sends samples in order with their times, and each pair of metric and tags once per batch', () => {
    const batches: SampleBatch[] = [];
    const buffer = bufferInto(batches);
    buffer.tap(COUNTER, 1, VU);
    buffer.tap(TREND, 2.5, VU);
    buffer.tap(COUNTER, 3, VU);
    buffer.tap(COUNTER, 4, NO_TAGS);
    buffer.flush();
    buffer.tap(COUNTER, 5, VU);
    buffer.flush();
    buffer.flush();
    const [first, second] = batches;
    expect(batches).toHaveLength(2);
    expect(first?.series).toEqual([
      { definition: COUNTER, tags: VU },
      { definition: TREND, tags: VU },
      { definition: COUNTER, tags: NO_TAGS },
    ]);
    expect([...(first?.indexes ?? [])]).toEqual([0, 1, 0, 2]);
    expect([...(first?.values ?? [])]).toEqual([1, 2.5, 3, 4]);
    expect([...(first?.timesMs ?? [])]).toEqual([1001, 1002, 1003, 1004]);
    expect(second?.series).toEqual([{ definition: COUNTER, tags: VU }]);
  });

  it('sends a batch that has reached its maximum size', () => {
    const batches: SampleBatch[] = [];
    const buffer = bufferInto(batches);
    for (let sample = 0; sample < 10_000; sample += 1) buffer.tap(COUNTER, sample, VU);
    expect(batches.map(({ values }) => values.length)).toEqual([4096, 4096]);
    buffer.finish();
    expect(batches.at(-1)?.values.at(-1)).toBe(9999);
  });

  it('drops samples at the limit, and reports their number with the next batch', () => {
    const credit = new SampleCredit();
    const batches: SampleBatch[] = [];
    const buffer = bufferInto(batches, new SampleCredit(credit.memory));
    while (credit.take()) continue;
    buffer.tap(COUNTER, 1, VU);
    buffer.tap(COUNTER, 1, VU);
    buffer.flush();
    expect(batches).toEqual([]);
    credit.release();
    buffer.tap(COUNTER, 1, VU);
    buffer.flush();
    expect(batches).toMatchObject([{ dropped: 2 }]);
    expect(batches[0]?.values).toHaveLength(1);
  });

  it('reports dropped samples at the end, even at the limit', () => {
    const credit = new SampleCredit();
    const batches: SampleBatch[] = [];
    const buffer = bufferInto(batches, credit);
    while (credit.take()) continue;
    buffer.tap(COUNTER, 1, VU);
    buffer.flush();
    buffer.finish();
    expect(batches).toMatchObject([{ dropped: 1, series: [] }]);
  });
});

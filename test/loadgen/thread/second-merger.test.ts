import { beforeEach, describe, expect, it } from 'vitest';
import { drainMetrics } from '../../../src/loadgen/metric/drain-metrics.js';
import { SeriesRegistry } from '../../../src/loadgen/metric/series-registry.js';
import type { SecondMessage } from '../../../src/loadgen/thread/protocol.js';
import { SecondMerger } from '../../../src/loadgen/thread/thread-group.js';

interface Told {
  readonly second: number;
  readonly count: number | undefined;
}

describe('SecondMerger', () => {
  let told: Told[];
  let merger: SecondMerger;

  beforeEach(() => {
    told = [];
    merger = new SecondMerger(2, ({ second, metrics }) => told.push({ second, count: metrics.counters['c'] }));
  });

  function second(number: number, count: number): SecondMessage {
    return {
      type: 'second',
      second: number,
      elapsedMs: (number + 1) * 1000,
      metrics: { ...drainMetrics(new SeriesRegistry()), counters: { c: count } },
      health: { eventLoopUse: count / 10, scheduleLag: { count, p50: count, p99: count, max: count }, gcMs: count },
      load: { backlogBytes: count, ...(count > 5 && { pace: { begun: count, planned: count * 2 } }) },
    };
  }

  it('waits for every thread, and preserves the order', () => {
    merger.add(0, second(0, 1));
    merger.add(0, second(1, 2));
    expect(told).toEqual([]);
    merger.add(1, second(0, 10));
    expect(told).toEqual([{ second: 0, count: 11 }]);
    merger.add(1, second(1, 20));
    expect(told).toEqual([
      { second: 0, count: 11 },
      { second: 1, count: 22 },
    ]);
  });

  it('keeps late messages of a thread that has ended', () => {
    merger.add(0, second(0, 1));
    merger.ended(1);
    merger.add(1, second(0, 10));
    merger.add(1, second(1, 20));
    expect(told).toEqual([{ second: 0, count: 1 }]);
    merger.ended(0);
    expect(told.reduce((sum, { count = 0 }) => sum + count, 0)).toBe(31);
  });

  it('does not wait for a thread that has ended', () => {
    merger.add(0, second(0, 1));
    merger.add(0, second(1, 2));
    merger.ended(1);
    merger.add(0, second(2, 3));
    expect(told).toEqual([
      { second: 0, count: 1 },
      { second: 1, count: 2 },
      { second: 2, count: 3 },
    ]);
    merger.ended(0);
    expect(told).toHaveLength(3);
  });

  it('reports pending seconds when the last thread has ended', () => {
    merger.add(0, second(0, 1));
    merger.ended(0);
    expect(told).toEqual([]);
    merger.ended(1);
    expect(told).toEqual([{ second: 0, count: 1 }]);
  });

  it('reports the health of the busiest thread and of the one with the largest lag', () => {
    const messages: SecondMessage[] = [];
    const both = new SecondMerger(2, (message) => messages.push(message));
    both.add(0, second(0, 4));
    both.add(1, second(0, 6));
    expect(messages[0]?.health).toEqual({
      eventLoopUse: 0.6,
      scheduleLag: { count: 10, p50: 6, p99: 6, max: 6 },
      gcMs: 10,
    });
    expect(messages[0]?.load).toEqual({ backlogBytes: 10, pace: { begun: 6, planned: 12 } });
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { RoundTrips, type RoundTripMetrics } from '../../../src/loadgen/scenario/round-trips.js';

type Sample = readonly [dueMs: number, sentMs: number, answeredMs: number];

describe('RoundTrips', () => {
  let samples: Sample[];
  let counts: Record<string, number>;
  let trips: RoundTrips;

  beforeEach(() => {
    samples = [];
    counts = {};
    const counter = (name: string) => ({
      add: (value: number) => {
        counts[name] = (counts[name] ?? 0) + value;
      },
    });
    const metrics: RoundTripMetrics = {
      roundTrip: { add: (...sample) => samples.push(sample) },
      timeouts: counter('timeouts'),
      unmatched: counter('unmatched'),
      duplicates: counter('duplicates'),
      late: counter('late'),
      outOfOrder: counter('outOfOrder'),
      lost: counter('lost'),
    };
    trips = new RoundTrips(metrics, 100);
  });

  it('records an answer from when its message was due, and from when it left', () => {
    trips.begin(5, 8);
    expect(trips.inFlight).toBe(1);
    trips.answer(0, 20);
    expect(samples).toEqual([[5, 8, 20]]);
    expect(trips.inFlight).toBe(0);
    expect(counts).toEqual({});
  });

  it('lets what left early not have waited', () => {
    trips.begin(10, 9.6);
    trips.answer(0, 12);
    expect(samples).toEqual([[9.6, 9.6, 12]]);
  });

  it('counts answers that nobody waits for, twice answered messages, and answers behind younger ones', () => {
    for (let id = 0; id < 4; id += 1) trips.begin(id, id);
    trips.answer(4, 10);
    trips.answer(2, 11);
    trips.answer(0, 12);
    trips.answer(1, 13);
    trips.answer(1, 14);
    trips.answer(0, 15);
    trips.answer(3, 16);
    expect(counts).toEqual({ unmatched: 1, outOfOrder: 2, duplicates: 2 });
    expect(samples.map(([due]) => due)).toEqual([2, 0, 1, 3]);
  });

  it('gives up what waits too long with its age, and tells late answers from lost ones', () => {
    trips.begin(0, 1);
    trips.begin(50, 50);
    trips.begin(90, 90);
    trips.expire(100);
    expect(samples).toEqual([]);
    trips.expire(155);
    expect(samples).toEqual([
      [0, 1, 155],
      [50, 50, 155],
    ]);
    expect(trips.inFlight).toBe(1);
    trips.answer(1, 160);
    trips.end(170);
    expect(samples).toHaveLength(3);
    expect(samples[2]).toEqual([90, 90, 170]);
    expect(counts).toEqual({ timeouts: 3, late: 1, lost: 2 });
  });

  it('forgets what was given up long ago, which then is lost', () => {
    trips.begin(0, 0);
    trips.begin(0, 0);
    trips.expire(100);
    trips.answer(0, 60_000);
    trips.expire(60_101);
    expect(counts).toEqual({ timeouts: 2, late: 1, lost: 1 });
    trips.begin(60_102, 60_102);
    trips.answer(2, 60_103);
    trips.end(60_104);
    expect(counts['lost']).toBe(1);
  });

  it('takes answers without an id for the oldest message', () => {
    trips.begin(1, 1);
    trips.begin(2, 2);
    trips.answerOldest(5);
    trips.answerOldest(6);
    trips.answerOldest(7);
    expect(samples).toEqual([
      [1, 1, 5],
      [2, 2, 6],
    ]);
    expect(counts).toEqual({ unmatched: 1 });
  });

  it('goes on behind a connection that ended, with ids that never come twice', () => {
    trips.begin(1, 1);
    trips.end(3);
    expect(trips.nextId).toBe(1);
    trips.begin(4, 4);
    trips.answer(0, 5);
    trips.answer(1, 6);
    expect(counts).toEqual({ timeouts: 1, lost: 1, duplicates: 1 });
    expect(samples[1]).toEqual([4, 4, 6]);
  });

  it('keeps each message of thousands in flight, answered in whatever order', () => {
    const count = 5000;
    for (let id = 0; id < 7; id += 1) {
      trips.begin(-1, -1);
      trips.answer(id, 0);
    }
    samples.length = 0;
    for (let id = 0; id < count; id += 1) trips.begin(id / count, id / count);
    const ids = Array.from({ length: count }, (_, index) => (index * 3331) % count);
    for (const id of ids) trips.answer(id + 7, 90);
    expect(samples.map(([due]) => Math.round(due * count)).join()).toBe(ids.join());
    expect(trips.inFlight).toBe(0);
    expect(counts['lost']).toBeUndefined();
  });
});

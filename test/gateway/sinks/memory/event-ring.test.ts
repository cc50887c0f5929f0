import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventBytes } from '../../../../src/gateway/event/gateway-event.js';
import { EventReader } from '../../../../src/gateway/sinks/memory/event-reader.js';
import { EventRing } from '../../../../src/gateway/sinks/memory/event-ring.js';
import { testEvent, testEvents } from '../../../support/test-event.js';

const LARGE = Number.MAX_SAFE_INTEGER;
const WHOLE = { maxEvents: LARGE, maxBytes: LARGE };
const ONE = eventBytes(testEvent(1));

function ringOf(last: number, limits = WHOLE): EventRing {
  const ring = new EventRing(limits);
  for (const event of testEvents(1, last)) ring.push(event);
  return ring;
}

describe('event ring', () => {
  it('keeps the newest events within the bound of events', () => {
    const ring = ringOf(10, { ...WHOLE, maxEvents: 4 });
    expect([ring.firstSequence, ring.lastSequence, ring.size]).toEqual([7, 10, 4]);
  });

  it('keeps the newest events within the bound of bytes', () => {
    const ring = ringOf(10, { ...WHOLE, maxBytes: ONE * 4 + 1 });
    expect([ring.firstSequence, ring.lastSequence, ring.bytes]).toEqual([7, 10, ONE * 4]);
  });

  it('counts the events that a reader has missed', () => {
    const page = ringOf(10, { ...WHOLE, maxEvents: 4 }).read(2, WHOLE);
    expect(page).toMatchObject({ missing: 4, position: 10 });
    expect(page.events.map((event) => event.sequence)).toEqual([7, 8, 9, 10]);
  });

  it('leaves a counted gap for an event that is larger than the ring, and keeps the others', () => {
    const ring = ringOf(2, { ...WHOLE, maxBytes: ONE * 4 });
    ring.push(testEvent(3, 'x'.repeat(ONE * 4)));
    ring.push(testEvent(4));
    expect(ring.tooLargeEvents).toBe(1);
    expect(ring.read(0, WHOLE)).toEqual({ missing: 0, events: testEvents(1, 2), position: 2 });
    expect(ring.read(2, WHOLE)).toEqual({ missing: 1, events: testEvents(4, 4), position: 4 });
  });

  it('reports a gap at its end at once', () => {
    const ring = ringOf(1, { ...WHOLE, maxBytes: ONE * 4 });
    ring.push(testEvent(2, 'x'.repeat(ONE * 4)));
    expect(ring.read(1, WHOLE)).toEqual({ missing: 1, events: [], position: 2 });
  });

  it('keeps an event once when it is delivered again', () => {
    const ring = ringOf(3);
    for (const event of testEvents(2, 4)) ring.push(event);
    expect(ring.read(0, WHOLE).events).toEqual(testEvents(1, 4));
  });

  it.each([6, 5_000])('counts events that never came as missing (up to %i)', (sequence) => {
    const ring = ringOf(3, { ...WHOLE, maxEvents: 1_000 });
    ring.push(testEvent(sequence));
    expect(ring.read(3, WHOLE)).toMatchObject({ missing: sequence - 4, events: [testEvent(sequence)] });
  });

  it('returns a page within its limits', () => {
    const ring = ringOf(10);
    expect(ring.read(0, { ...WHOLE, maxEvents: 3 }).position).toBe(3);
    expect(ring.read(0, { ...WHOLE, maxBytes: ONE * 2 }).position).toBe(2);
  });

  it('accounts for every event to a reader of any speed: it is read or counted as missing', () => {
    const size = fc.oneof(fc.nat({ max: 40 }), fc.constant(2_000));
    const step = fc.oneof(fc.record({ push: size }), fc.record({ read: fc.integer({ min: 1, max: 6 }) }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const ring = new EventRing({ maxEvents: 8, maxBytes: 2_000 });
        const reader = new EventReader(ring, 'newest');
        const accounted: number[] = [];
        for (const now of steps) {
          if ('push' in now) ring.push(testEvent(ring.lastSequence + 1, 'x'.repeat(now.push)));
          else accounted.push(...readOnce(reader, now.read));
          expect(ring.size).toBeLessThanOrEqual(8);
          expect(ring.bytes).toBeLessThanOrEqual(2_000);
        }
        while (!reader.isCaughtUp()) accounted.push(...readOnce(reader, 3));
        expect(accounted).toEqual(Array.from({ length: ring.lastSequence }, (_, index) => index + 1));
      }),
    );
  });
});

/** The sequences that one page covers. */
function readOnce(reader: EventReader, maxEvents: number): number[] {
  const before = reader.position;
  const { missing, events } = reader.read({ ...WHOLE, maxEvents });
  const gone = Array.from({ length: missing }, (_, index) => before + 1 + index);
  return [...gone, ...events.map((event) => event.sequence)];
}

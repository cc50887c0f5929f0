import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../../src/gateway/event/event-queue.js';
import { eventBytes } from '../../../src/gateway/event/gateway-event.js';
import { testEvent } from '../../support/test-event.js';

const WHOLE = { maxEvents: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };

/** A command of the property, applied to the queue and to a plain map. */
type Command =
  | { readonly kind: 'push'; readonly count: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'drop'; readonly share: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constant('push' as const), count: fc.integer({ min: 1, max: 1500 }) }),
  fc.record({ kind: fc.constant('missing' as const) }),
  fc.record({ kind: fc.constant('drop' as const), share: fc.double({ min: 0, max: 1.2, noNaN: true }) }),
);

/** The naive oracle: a map from sequence to the bytes of its event. */
class MapQueue {
  readonly bytesBySequence = new Map<number, number>();
  first: number;
  next: number;

  constructor(start: number) {
    this.first = start;
    this.next = start;
  }

  get bytes(): number {
    return [...this.bytesBySequence.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  drop(through: number): void {
    this.first = Math.max(this.first, Math.min(through + 1, this.next));
    for (const sequence of this.bytesBySequence.keys()) {
      if (sequence < this.first) this.bytesBySequence.delete(sequence);
    }
  }
}

function apply(step: Command, queue: EventQueue, oracle: MapQueue): void {
  if (step.kind === 'push') {
    for (let i = 0; i < step.count; i++) {
      const event = testEvent(oracle.next, `${oracle.next % 7}`);
      queue.push(event);
      oracle.bytesBySequence.set(oracle.next++, eventBytes(event));
    }
  } else if (step.kind === 'missing') {
    queue.pushMissing();
    oracle.next++;
  } else {
    const through = Math.floor(oracle.first + (oracle.next - oracle.first) * step.share) - 1;
    queue.dropThrough(through);
    oracle.drop(through);
  }
}

describe('event queue', () => {
  it('has the same content as a plain map', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 12 }), fc.integer({ min: 1, max: 5000 }), (commands, start) => {
        const queue = new EventQueue(start);
        const oracle = new MapQueue(start);
        for (const step of commands) {
          apply(step, queue, oracle);
          expect([queue.firstSequence, queue.lastSequence]).toEqual([oracle.first, oracle.next - 1]);
          expect([queue.size, queue.bytes]).toEqual([oracle.next - oracle.first, oracle.bytes]);
        }
        const kept: number[] = [];
        for (let at = start - 1; at <= oracle.next; at++) if (queue.at(at)?.sequence === at) kept.push(at);
        expect(kept).toEqual([...oracle.bytesBySequence.keys()]);
      }),
      { numRuns: 40 },
    );
  });

  it('slices up to the limit of events', () => {
    const queue = filled(5);
    expect(queue.slice(2, { ...WHOLE, maxEvents: 3 }).map((event) => event.sequence)).toEqual([2, 3, 4]);
  });

  it('slices up to the limit of bytes, but at least one event', () => {
    const queue = filled(5);
    const two = eventBytes(testEvent(1)) * 2;
    expect(queue.slice(1, { ...WHOLE, maxBytes: two })).toHaveLength(2);
    expect(queue.slice(1, { ...WHOLE, maxBytes: 1 })).toHaveLength(1);
  });

  it('slices up to a missing event', () => {
    const queue = filled(2);
    queue.pushMissing();
    queue.push(testEvent(4));
    expect(queue.slice(1, WHOLE).map((event) => event.sequence)).toEqual([1, 2]);
    expect(queue.slice(3, WHOLE)).toEqual([]);
    expect(queue.slice(4, WHOLE).map((event) => event.sequence)).toEqual([4]);
  });

  it('slices across its chunks', () => {
    const queue = filled(5000);
    queue.dropThrough(1500);
    expect(queue.slice(1501, WHOLE).map((event) => event.sequence)).toEqual(
      Array.from({ length: 3500 }, (_, index) => 1501 + index),
    );
  });
});

function filled(count: number): EventQueue {
  const queue = new EventQueue();
  for (let sequence = 1; sequence <= count; sequence++) queue.push(testEvent(sequence));
  return queue;
}

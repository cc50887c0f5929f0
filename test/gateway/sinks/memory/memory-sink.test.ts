import { describe, expect, it } from 'vitest';
import { MemorySink } from '../../../../src/gateway/sinks/memory/memory-sink.js';
import { ManualClock } from '../../../support/manual-clock.js';
import { TEST_BOOT, testEvents } from '../../../support/test-event.js';

const WHOLE = { maxEvents: 1_000, maxBytes: 1_000_000 };

/** Counts the calls of a ring. */
class CountingListener {
  grew = 0;
  stops = 0;

  grown(): void {
    this.grew++;
  }

  stopped(): void {
    this.stops++;
  }
}

function create() {
  const clock = new ManualClock();
  return { clock, sink: new MemorySink({ boot: TEST_BOOT, clock, limits: WHOLE }) };
}

describe('memory sink', () => {
  it('notifies its readers once a batch', async () => {
    const { sink } = create();
    const listener = new CountingListener();
    const { reader } = sink.subscribe('newest', listener);
    await sink.deliver(testEvents(1, 3));
    expect(listener.grew).toBe(1);
    expect(reader.read(WHOLE).events).toEqual(testEvents(1, 3));
  });

  it('starts a reader after the newest, before the oldest or after a given event', async () => {
    const { sink } = create();
    await sink.deliver(testEvents(1, 5));
    const places = (['newest', 'oldest', 3] as const).map(
      (start) => sink.subscribe(start, new CountingListener()).reader.position,
    );
    expect(places).toEqual([5, 0, 3]);
  });

  it('does not notify a reader that has left', async () => {
    const { sink } = create();
    const listener = new CountingListener();
    const subscription = sink.subscribe('newest', listener);
    subscription.leave();
    subscription.leave();
    await sink.deliver(testEvents(1, 1));
    expect(listener.grew).toBe(0);
    expect(sink.state()).toMatchObject({ events: 1, readers: 0 });
  });

  it('stops when its readers have left', async () => {
    const { sink, clock } = create();
    const listener = new CountingListener();
    const subscription = sink.subscribe('newest', listener);
    const stopped = sink.stop();
    expect(listener.stops).toBe(1);
    subscription.leave();
    await stopped;
    expect(clock.waiting).toBe(0);
  });

  it('stops after its time limit when a reader does not leave', async () => {
    const { sink, clock } = create();
    sink.subscribe('newest', new CountingListener());
    const stopped = sink.stop();
    clock.advance(5_000);
    await stopped;
    expect(sink.isStopped()).toBe(true);
  });
});

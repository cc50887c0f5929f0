import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import type { EventSink } from '../../../src/gateway/sink/event-sink.js';
import { MemorySink } from '../../../src/gateway/sink/memory-sink.js';
import { ManualClock } from '../../support/manual-clock.js';
import { TEST_BOOT, testEvent, testEvents } from '../../support/test-event.js';

/** A sink under test, and what a backend finds behind it. */
interface SinkRig {
  readonly sink: EventSink;
  /** All events that arrived, in order, as soon as there are `count`. */
  received(count: number): Promise<readonly ReceivedEvent[]>;
}

/** What every sink must carry of an event; ids where the sink carries them. */
type ReceivedEvent = Omit<GatewayEvent, 'sequence'>;

/** Each later sink joins here. */
const RIGS: Readonly<Record<string, () => SinkRig>> = {
  memory: () => {
    const sink = new MemorySink({ boot: TEST_BOOT, clock: new ManualClock() });
    return { sink, received: (count) => Promise.resolve(readAll(sink, count)) };
  },
};

function readAll(sink: MemorySink, count: number): readonly ReceivedEvent[] {
  const subscription = sink.subscribe('oldest', { grown: () => undefined, stopped: () => undefined });
  subscription.leave();
  return subscription.reader.read({ maxEvents: count, maxBytes: Number.MAX_SAFE_INTEGER }).events;
}

/** An event as a backend sees it. */
function seen(event: ReceivedEvent): unknown[] {
  const message = event.message === undefined ? undefined : Buffer.from(event.message).toString('hex');
  return [event.id, event.connection, event.action, event.type, event.tags, message];
}

describe.each(Object.keys(RIGS))('the %s sink', (name) => {
  let rig: SinkRig;

  beforeEach(async () => {
    const create = RIGS[name];
    if (create === undefined) throw new Error(`There is no rig for ${name}.`);
    rig = create();
    await rig.sink.start();
  });

  afterEach(async () => {
    await rig.sink.stop();
  });

  test('acknowledges a batch through its last event', async () => {
    expect(await rig.sink.deliver(testEvents(1, 100))).toEqual({ settled: 100, refused: [] });
    expect(await rig.sink.deliver(testEvents(101, 101))).toEqual({ settled: 1, refused: [] });
  });

  test('keeps the order within and between batches', async () => {
    for (const [first, last] of [
      [1, 1],
      [2, 500],
      [501, 502],
    ] as const) {
      await rig.sink.deliver(testEvents(first, last));
    }
    expect((await rig.received(502)).map(seen)).toEqual(testEvents(1, 502).map(seen));
  });

  test('carries opens, messages and closes with all their fields', async () => {
    const events: GatewayEvent[] = [
      { id: '00af-1700000000000-1', sequence: 1, connection: 'c1', action: 'open', tags: 'a=1&b=x+y' },
      { ...testEvent(2), connection: 'c1' },
      { id: '00af-1700000000000-3', sequence: 3, connection: 'c1', action: 'close', tags: '' },
    ];
    await rig.sink.deliver(events);
    expect((await rig.received(3)).map(seen)).toEqual(events.map(seen));
  });

  test('changes no byte of a message', async () => {
    const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const events: GatewayEvent[] = [
      { ...testEvent(1), type: 'binary', message: everyByte },
      { ...testEvent(2), message: Buffer.from('\r\n\u0000\u2028{"a":"ä€😀"}') },
      { ...testEvent(3), type: 'binary', message: new Uint8Array(0) },
      { ...testEvent(4), message: new Uint8Array(0) },
      { ...testEvent(5), type: 'binary', message: Buffer.alloc(300_000, 7) },
    ];
    await rig.sink.deliver(events);
    expect((await rig.received(5)).map(seen)).toEqual(events.map(seen));
  });

  test('acknowledges a batch that is delivered again', async () => {
    await rig.sink.deliver(testEvents(1, 3));
    expect(await rig.sink.deliver(testEvents(2, 4))).toEqual({ settled: 3, refused: [] });
  });

  test('stops as often as it is asked to', async () => {
    await rig.sink.deliver(testEvents(1, 3));
    await rig.sink.stop();
    expect(await Promise.all([rig.sink.stop(), rig.sink.stop()])).toEqual([undefined, undefined]);
  });
});

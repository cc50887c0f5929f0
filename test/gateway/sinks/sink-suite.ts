import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import type { EventSink } from '../../../src/gateway/sinks/event-sink.js';
import type { ReceivedEvent } from '../../support/received-event.js';
import { testEvent, testEvents } from '../../support/test-event.js';

/** A sink under test with its own destination, and the events that a backend finds there. */
export interface SinkRig {
  readonly sink: EventSink;
  /** All events that arrived, in order, as soon as there are `count`. */
  received(count: number): Promise<readonly ReceivedEvent[]>;
  dispose?(): Promise<void>;
}

/** A field of an event that wsgateway does not have and that not every sink carries. */
export type ExtraField = 'id' | 'reason';

/** The parts of an event that a backend must find. */
export function seen(event: ReceivedEvent, carries: readonly ExtraField[]): unknown {
  const message = event.message === undefined ? undefined : Buffer.from(event.message).toString('hex');
  const { connection, action, type, tags } = event;
  const extra = carries.map((field) => event[field]);
  return [connection, action, type, tags, message, ...extra];
}

/** Delivers as the outbox does: a sink may settle a part of a batch. */
async function deliverAll(sink: EventSink, batch: readonly GatewayEvent[]): Promise<void> {
  for (let rest = batch; rest.length > 0;) rest = rest.slice((await sink.deliver(rest)).settled);
}

/** The conformance suite of sinks: their contract with the outbox and with backends. */
export function describeSink(name: string, carries: readonly ExtraField[], createRig: () => Promise<SinkRig>): void {
  describe(`the ${name} sink`, () => {
    let rig: SinkRig;
    const view = (events: readonly ReceivedEvent[]) => events.map((event) => seen(event, carries));

    beforeEach(async () => {
      rig = await createRig();
      await rig.sink.start();
    });

    afterEach(async () => {
      await rig.sink.stop();
      await rig.dispose?.();
    });

    it('acknowledges a batch through its last event', async () => {
      expect(await rig.sink.deliver(testEvents(1, 100))).toEqual({ settled: 100, refused: [] });
      expect(await rig.sink.deliver(testEvents(101, 101))).toEqual({ settled: 1, refused: [] });
    });

    it('keeps the order within and between batches', async () => {
      for (const [first, last] of [
        [1, 1],
        [2, 900],
        [901, 902],
      ] as const) {
        await deliverAll(rig.sink, testEvents(first, last));
      }
      expect(view(await rig.received(902))).toEqual(view(testEvents(1, 902)));
    });

    it('carries opens, messages and closes with all their fields', async () => {
      const events: GatewayEvent[] = [
        { id: '00af-1700000000000-1', sequence: 1, connection: 'c1', action: 'open', tags: 'a=1&b=x+y' },
        { ...testEvent(2), connection: 'c1' },
        {
          id: '00af-1700000000000-3',
          sequence: 3,
          connection: 'c1',
          action: 'close',
          tags: '',
          reason: 'closed_by_client',
        },
      ];
      await rig.sink.deliver(events);
      expect(view(await rig.received(3))).toEqual(view(events));
    });

    it('preserves every byte of a message', async () => {
      const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      const events: GatewayEvent[] = [
        { ...testEvent(1), type: 'binary', message: everyByte },
        { ...testEvent(2), message: Buffer.from('\r\n\u0000\u2028{"a":"ä€😀"}') },
        { ...testEvent(3), type: 'binary', message: new Uint8Array(0) },
        { ...testEvent(4), message: new Uint8Array(0) },
        { ...testEvent(5), type: 'binary', message: Buffer.alloc(300_000, 7) },
      ];
      await rig.sink.deliver(events);
      expect(view(await rig.received(5))).toEqual(view(events));
    });

    it('acknowledges a batch that is delivered again', async () => {
      await rig.sink.deliver(testEvents(1, 3));
      expect(await rig.sink.deliver(testEvents(2, 4))).toEqual({ settled: 3, refused: [] });
    });

    it('stops idempotently', async () => {
      await rig.sink.deliver(testEvents(1, 3));
      await rig.sink.stop();
      expect(await Promise.all([rig.sink.stop(), rig.sink.stop()])).toEqual([undefined, undefined]);
    });
  });
}

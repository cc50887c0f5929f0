import { formatEventId, type EventBoot, type GatewayEvent } from '../../src/gateway/event/gateway-event.js';

/** The boot of the events in tests. */
export const TEST_BOOT: EventBoot = { node: '00af', epoch: 1_700_000_000_000 };

/** A text message event with this sequence number. */
export function testEvent(sequence: number, text = 'hello'): GatewayEvent {
  return {
    id: formatEventId(TEST_BOOT, sequence),
    sequence,
    connection: 'c1',
    action: 'message',
    type: 'text',
    tags: 'foo=bar',
    message: Buffer.from(text),
  };
}

/** Consecutive text message events from `first` to `last`. */
export function testEvents(first: number, last: number): GatewayEvent[] {
  return Array.from({ length: last - first + 1 }, (_, index) => testEvent(first + index));
}

import type { GatewayEvent } from './gateway-event.js';

/** What an event costs in memory beside its texts and bytes, rounded up from what Node 20 was measured to take. */
const EVENT_OVERHEAD_BYTES = 128;
/** The same of a typed array and its buffer. */
const MESSAGE_OVERHEAD_BYTES = 224;

/** Bytes of memory that an event counts for in every bound. The same event always counts the same. */
export function eventBytes(event: Pick<GatewayEvent, 'connection' | 'tags' | 'message'>): number {
  const bytes = EVENT_OVERHEAD_BYTES + event.connection.length + event.tags.length;
  return event.message === undefined ? bytes : bytes + MESSAGE_OVERHEAD_BYTES + event.message.byteLength;
}

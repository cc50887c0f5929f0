import type { GatewayEvent } from './gateway-event.js';

/** What an event costs in memory beside its texts and bytes, rounded up from what Node 20 was measured to take. */
const EVENT_OVERHEAD_BYTES = 128;
/** The same of a typed array and its buffer. */
const MESSAGE_OVERHEAD_BYTES = 224;
/** The same of destinations, which events that are alike share: then it is more than they cost. */
const DESTINATIONS_OVERHEAD_BYTES = 64;

/** Bytes of memory that an event counts for in every bound. The same event always counts the same. */
export function eventBytes(event: Pick<GatewayEvent, 'connection' | 'tags' | 'message' | 'destinations'>): number {
  const bytes =
    EVENT_OVERHEAD_BYTES + event.connection.length + event.tags.length + destinationBytes(event.destinations);
  return event.message === undefined ? bytes : bytes + MESSAGE_OVERHEAD_BYTES + event.message.byteLength;
}

/** Record, lengths and flags of an event in the log, rounded up. */
const RECORD_OVERHEAD_BYTES = 32;

/** Bytes of the log that an event counts for, of which `bytes` is what it counts for in memory: the same texts, with less around them. */
export function loggedBytes({ message }: Pick<GatewayEvent, 'message'>, bytes: number): number {
  const overhead = message === undefined ? EVENT_OVERHEAD_BYTES : EVENT_OVERHEAD_BYTES + MESSAGE_OVERHEAD_BYTES;
  return bytes - overhead + RECORD_OVERHEAD_BYTES;
}

function destinationBytes(destinations: GatewayEvent['destinations']): number {
  if (destinations === undefined) return 0;
  const { redis, amqp, nats } = destinations;
  return DESTINATIONS_OVERHEAD_BYTES + redis.length + amqp.length + nats.length;
}

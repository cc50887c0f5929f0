import type { CloseReasonName } from '../connection/close-reason.js';

/**
 * Where each sink puts an event, by the sink's position: what its template gave when the event was
 * accepted. '' for a sink that is off. Shared between events that are alike.
 */
export type EventDestinations = readonly string[];

/**
 * What happened to one connection, as the backend is told. Events of a connection are made and
 * delivered in order.
 */
export interface GatewayEvent {
  /** `<node>-<boot epoch>-<sequence>`: stable over retries and restarts, gapless for each boot. */
  readonly id: string;
  /**
   * Its place in the order of this process, gapless from 1. For events of this boot it is the
   * sequence within `id`, but for what was recovered before them.
   */
  readonly sequence: number;
  readonly connection: string;
  readonly action: 'open' | 'close' | 'message';
  /** Only for messages. */
  readonly type?: 'text' | 'binary';
  /**
   * The tags that the endpoint includes, form-encoded, keys sorted (Go's url.Values.Encode). ''
   * when none.
   */
  readonly tags: string;
  /** Only for messages: the bytes as received. */
  readonly message?: Uint8Array;
  /**
   * Only for closes: why. Not part of the old program's fields; sinks carry it where a field of
   * theirs is free.
   */
  readonly reason?: CloseReasonName;
  /** Where sinks put it; undefined when no sink has a template. */
  readonly destinations?: EventDestinations;
}

/**
 * What an event costs in memory beside its texts and bytes, rounded up from what Node 20 was
 * measured to take.
 */
const EVENT_OVERHEAD_BYTES = 128;
/** The same of a typed array and its buffer. */
const MESSAGE_OVERHEAD_BYTES = 224;
/** The same of destinations, which events that are alike share: then it is more than they cost. */
const DESTINATIONS_OVERHEAD_BYTES = 64;

/**
 * Bytes of memory that an event counts for in every bound. The same event always counts the same.
 */
export function eventBytes(event: Pick<GatewayEvent, 'connection' | 'tags' | 'message' | 'destinations'>): number {
  const bytes =
    EVENT_OVERHEAD_BYTES + event.connection.length + event.tags.length + destinationBytes(event.destinations);
  return event.message === undefined ? bytes : bytes + MESSAGE_OVERHEAD_BYTES + event.message.byteLength;
}

/** Record, lengths and flags of an event in the log, rounded up. */
const RECORD_OVERHEAD_BYTES = 32;

/**
 * Bytes of the log that an event counts for, of which `bytes` is what it counts for in memory: the
 * same texts, with less around them.
 */
export function loggedBytes({ message }: Pick<GatewayEvent, 'message'>, bytes: number): number {
  const overhead = message === undefined ? EVENT_OVERHEAD_BYTES : EVENT_OVERHEAD_BYTES + MESSAGE_OVERHEAD_BYTES;
  return bytes - overhead + RECORD_OVERHEAD_BYTES;
}

function destinationBytes(destinations: GatewayEvent['destinations']): number {
  if (destinations === undefined) return 0;
  let bytes = DESTINATIONS_OVERHEAD_BYTES;
  for (const destination of destinations) bytes += destination.length;
  return bytes;
}

/** One start of one node: what is constant in the ids of all its events. */
export interface EventBoot {
  /** The 16 bits that name the node in connection ids, as 4 lower-case hex digits. */
  readonly node: string;
  /** When the node started, in milliseconds since the Unix epoch. */
  readonly epoch: number;
}

/** An event id taken apart. */
export interface EventId extends EventBoot {
  readonly sequence: number;
}

/**
 * At most 15 digits, so that every number is a safe integer; no leading zeros, so that each id has
 * one spelling.
 */
const EVENT_ID = /^([0-9a-f]{4})-(0|[1-9]\d{0,14})-(0|[1-9]\d{0,14})$/;

/** `<node>-<boot epoch>-<sequence>`. Sequence 0 stands for "before the first event". */
export function formatEventId(boot: EventBoot, sequence: number): string {
  return `${boot.node}-${boot.epoch}-${sequence}`;
}

/** The parts of an event id, or undefined when the text is none. */
export function parseEventId(text: string): EventId | undefined {
  const match = EVENT_ID.exec(text);
  if (match === null) return undefined;
  const [, node = '', epoch, sequence] = match;
  return { node, epoch: Number(epoch), sequence: Number(sequence) };
}

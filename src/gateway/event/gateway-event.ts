import type { CloseReasonName } from '../close-reason.js';

/**
 * The destination of an event in each sink, by the sink's position, made from the sink's template
 * when the event was accepted. '' for a sink that is off. Equal events may share the array.
 */
export type EventDestinations = readonly string[];

/**
 * One thing that happened to a connection, for backends. Events of a connection are created and
 * delivered in order.
 */
export interface GatewayEvent {
  /** `<node>-<boot epoch>-<sequence>`: stable over retries and restarts, gapless for each boot. */
  readonly id: string;
  /**
   * The position in this process, gapless from 1. For events of this boot it is the sequence within
   * `id`, plus the number of events that were recovered before them.
   */
  readonly sequence: number;
  /** Id that its place in the outbox has, when `id` comes from a lost node. */
  readonly placeId?: string;
  readonly connection: string;
  readonly action: 'open' | 'close' | 'message';
  /** Only for messages. */
  readonly type?: 'text' | 'binary';
  /**
   * The tags that the endpoint includes, form-encoded, keys sorted (Go's url.Values.Encode); ''
   * when there are none.
   */
  readonly tags: string;
  /** The bytes as received; only for messages. */
  readonly message?: Uint8Array;
  /**
   * Why the connection ended; only for closes. wsgateway has no such field, so sinks carry it in
   * places that wsgateway does not use.
   */
  readonly reason?: CloseReasonName;
  /** Undefined when no sink has a template. */
  readonly destinations?: EventDestinations;
}

/**
 * Memory of an event besides its texts and bytes, measured on Node 20 and rounded up.
 */
const EVENT_OVERHEAD_BYTES = 128;
/** The same for a typed array and its buffer. */
const MESSAGE_OVERHEAD_BYTES = 224;
/** The same for destinations. An overestimate when events share them. */
const DESTINATIONS_OVERHEAD_BYTES = 64;

/**
 * The size of an event in memory, as every bound counts it. The size of an event never changes.
 */
export function eventBytes(event: Pick<GatewayEvent, 'connection' | 'tags' | 'message' | 'destinations'>): number {
  const bytes =
    EVENT_OVERHEAD_BYTES + event.connection.length + event.tags.length + destinationBytes(event.destinations);
  return event.message === undefined ? bytes : bytes + MESSAGE_OVERHEAD_BYTES + event.message.byteLength;
}

/** Record, lengths and flags of an event in the log, rounded up. */
const RECORD_OVERHEAD_BYTES = 32;

/**
 * The size of an event in the log, from its size in memory, `bytes`: the texts are the same, the
 * overhead is smaller.
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

/** One start of one node: the constant part of its event ids. */
export interface EventBoot {
  /** The 16 bits that name the node in connection ids, as 4 lower-case hex digits. */
  readonly node: string;
  /** When the node started, in milliseconds since the Unix epoch. */
  readonly epoch: number;
}

/** A parsed event id. */
export interface EventId extends EventBoot {
  readonly sequence: number;
}

/**
 * At most 15 digits, so that every number is a safe integer. No leading zeros, so that each id has
 * one spelling.
 */
const EVENT_ID = /^([0-9a-f]{4})-(0|[1-9]\d{0,14})-(0|[1-9]\d{0,14})$/;

/** `<node>-<boot epoch>-<sequence>`. Sequence 0 stands for "before the first event". */
export function formatEventId(boot: EventBoot, sequence: number): string {
  return `${boot.node}-${boot.epoch}-${sequence}`;
}

/** The parts of an event id; undefined when the text is not an event id. */
export function parseEventId(text: string): EventId | undefined {
  const match = EVENT_ID.exec(text);
  if (match === null) return undefined;
  const [, node = '', epoch, sequence] = match;
  return { node, epoch: Number(epoch), sequence: Number(sequence) };
}

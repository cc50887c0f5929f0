import { CLOSE_REASONS, type CloseReasonName } from '../../connection/close-reason.js';
import type { EventDestinations } from '../../event/event-destinations.js';
import type { GatewayEvent } from '../../event/gateway-event.js';
import type { NewEvent, Retagging } from '../outbox.js';
import { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';

/** An event as it was read, with the sequence within its id. */
export interface RecordedEvent {
  readonly idSequence: number;
  readonly event: NewEvent;
}

const ACTIONS = ['open', 'close', 'message'] as const;
const TYPES = [undefined, 'text', 'binary'] as const;
const ACTION_MASK = 0x03;
const TYPE_SHIFT = 2;
const HAS_REASON = 0x10;
const HAS_DESTINATIONS = 0x20;
const HAS_MESSAGE = 0x40;

/** Hot: runs once an event that goes to the log. */
export function writeEvent(writer: ByteWriter, idSequence: number, event: NewEvent): void {
  writer.uint8(eventFlags(event));
  writer.varint(idSequence);
  writer.text(event.connection);
  writer.text(event.tags);
  if (event.reason !== undefined) writer.text(event.reason);
  if (event.destinations !== undefined) writeDestinations(writer, event.destinations);
  if (event.message !== undefined) writer.raw(event.message);
}

/** Throws when the payload is none. The message shares memory with it. */
export function readEvent(payload: Buffer): RecordedEvent {
  const reader = new ByteReader(payload);
  const flags = reader.uint8();
  const action = ACTIONS[flags & ACTION_MASK];
  if (action === undefined) throw new RangeError('an event of the log has no known action');
  const type = TYPES[(flags >> TYPE_SHIFT) & ACTION_MASK];
  const idSequence = reader.varint();
  const [connection, tags] = [reader.text(), reader.text()];
  const reason = (flags & HAS_REASON) === 0 ? undefined : knownReason(reader.text());
  const destinations = (flags & HAS_DESTINATIONS) === 0 ? undefined : readDestinations(reader);
  const message = (flags & HAS_MESSAGE) === 0 ? undefined : reader.rest();
  const event: NewEvent = {
    connection,
    action,
    tags,
    ...(type && { type }),
    ...(reason && { reason }),
    ...(destinations && { destinations }),
    ...(message && { message }),
  };
  return { idSequence, event };
}

export function writeRetagging(writer: ByteWriter, { connection, tags, destinations }: Retagging): void {
  writer.text(connection);
  writer.text(tags);
  writer.uint8(destinations === undefined ? 0 : 1);
  if (destinations !== undefined) writeDestinations(writer, destinations);
}

export function readRetagging(reader: ByteReader): Retagging {
  const [connection, tags] = [reader.text(), reader.text()];
  if (reader.uint8() === 0) return { connection, tags };
  return { connection, tags, destinations: readDestinations(reader) };
}

function eventFlags({ action, type, reason, destinations, message }: NewEvent): number {
  let flags = ACTIONS.indexOf(action) | (TYPES.indexOf(type) << TYPE_SHIFT);
  if (reason !== undefined) flags |= HAS_REASON;
  if (destinations !== undefined) flags |= HAS_DESTINATIONS;
  if (message !== undefined) flags |= HAS_MESSAGE;
  return flags;
}

function writeDestinations(writer: ByteWriter, { redis, amqp, nats }: EventDestinations): void {
  writer.text(redis);
  writer.text(amqp);
  writer.text(nats);
}

function readDestinations(reader: ByteReader): NonNullable<GatewayEvent['destinations']> {
  return { redis: reader.text(), amqp: reader.text(), nats: reader.text() };
}

/** A reason that a later version made up is no reason to stop. */
function knownReason(text: string): CloseReasonName | undefined {
  return isReason(text) ? text : undefined;
}

function isReason(text: string): text is CloseReasonName {
  return Object.hasOwn(CLOSE_REASONS, text);
}

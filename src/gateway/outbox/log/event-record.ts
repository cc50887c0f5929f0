import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { CLOSE_REASONS, type CloseReasonName } from '../../close-reason.js';
import type { EventDestinations } from '../../event/gateway-event.js';
import type { NewEvent, Retagging } from '../outbox.js';
import { ByteReader, type ByteWriter } from './byte-reader.js';

/** Types of records in the log. The numbers are part of the format and never change. */
export const RECORD = {
  event: 1,
  retagged: 2,
  acknowledged: 3,
  /** A whole snapshot in one record, only in format 1. */
  snapshot: 4,
  /** A copy of the segment's header. */
  header: 5,
  /** Zeros between two copies. */
  padding: 6,
  snapshotPart: 7,
} as const;

/**
 * Format of a segment. In format 1 a record begins with its length and the CRC-32 of its content;
 * from format 2 on with a marker, the CRC-32 of length and content, and the length. Up to format 2
 * an event has three destinations (Redis, AMQP, NATS); from format 3 on their number comes first.
 */
export type LogFormat = 1 | 2 | 3;

/** A record; `payload` shares memory with the bytes that were read. */
export interface LogRecord {
  readonly type: number;
  readonly payload: Buffer;
}

/** Whole records at the front of some bytes, and their size. */
export interface ParsedRecords {
  readonly records: readonly LogRecord[];
  readonly bytes: number;
  /** True when the record after them is damaged; false when it is only incomplete. */
  readonly isDamaged: boolean;
  /** Size of the record after them, as it claims; 0 when unknown. */
  readonly nextBytes: number;
}

/** Front of a record, before its checksum is verified. */
interface Frame {
  readonly crc: number;
  /** Offset of the first byte that the checksum covers. */
  readonly covered: number;
  readonly content: number;
  readonly end: number;
}

/**
 * Start of a record. It occurs in no UTF-8 text and in no record (`maskRecord`), and does not
 * overlap itself.
 */
export const MARKER = Buffer.from([0xff, 0x57, 0x53, 0x67]);
const MARKER_FIRST = 0xff;
const MARKER_NUMBER = MARKER.readUInt32LE(0);
/** Bytes in front of a record's content. */
export const FRAME_BYTES: Readonly<Record<LogFormat, number>> = { 1: 8, 2: 12, 3: 12 };
const COVERED_FROM = 8;
/** Largest record that is written; a larger length is damage. */
const MAX_RECORD_BYTES = 2 ** 31 - 1;
/** Flag in the type of a record whose content is masked; the mask's seed follows the content. */
const IS_MASKED = 0x80;
const SEED_BYTES = 4;

/** Appends one record in the newest format. */
export function writeRecord(writer: ByteWriter, type: number, writePayload: () => void): void {
  const start = writer.length;
  writer.uint32(MARKER_NUMBER);
  writer.uint32(0);
  writer.uint32(0);
  writer.uint8(type);
  writePayload();
  const contentStart = start + FRAME_BYTES[3];
  if (holdsMarker(writer.bytes(), contentStart)) maskRecord(writer, contentStart);
  writer.setUint32(writer.length - contentStart, start + COVERED_FROM);
  writer.setUint32(crc32(writer.bytes().subarray(start + COVERED_FROM)), start + 4);
}

/** Reads the whole records at the front. */
export function parseRecords(buffer: Buffer, format: LogFormat): ParsedRecords {
  const records: LogRecord[] = [];
  let offset = 0;
  for (;;) {
    if (buffer.length - offset < FRAME_BYTES[format]) return { records, bytes: offset, isDamaged: false, nextBytes: 0 };
    const frame = readFrame(buffer, offset, format);
    if (frame === undefined) return { records, bytes: offset, isDamaged: true, nextBytes: 0 };
    const nextBytes = frame.end - offset;
    if (frame.end > buffer.length) return { records, bytes: offset, isDamaged: false, nextBytes };
    const record = readRecord(buffer, frame);
    if (record === undefined) return { records, bytes: offset, isDamaged: true, nextBytes };
    records.push(record);
    offset = frame.end;
  }
}

/** Undefined when it cannot be a record. The buffer must have all bytes of a frame. */
export function readFrame(buffer: Buffer, offset: number, format: LogFormat): Frame | undefined {
  if (format !== 1 && buffer.readUInt32LE(offset) !== MARKER_NUMBER) return undefined;
  const [lengthAt, crcAt] = format === 1 ? [offset, offset + 4] : [offset + COVERED_FROM, offset + 4];
  const length = buffer.readUInt32LE(lengthAt);
  if (length === 0 || length > MAX_RECORD_BYTES) return undefined;
  const content = offset + FRAME_BYTES[format];
  return { crc: buffer.readUInt32LE(crcAt), covered: offset + COVERED_FROM, content, end: content + length };
}

/** Undefined when the checksum is wrong. The buffer must have all of the record. */
export function readRecord(buffer: Buffer, { crc, covered, content, end }: Frame): LogRecord | undefined {
  if (crc32(buffer.subarray(covered, end)) !== crc) return undefined;
  const type = buffer.readUInt8(content);
  if ((type & IS_MASKED) === 0) return { type, payload: buffer.subarray(content + 1, end) };
  if (end - content < 1 + SEED_BYTES) return undefined;
  const payload = Buffer.from(buffer.subarray(content + 1, end - SEED_BYTES));
  applyMask(payload, buffer.readUInt32LE(end - SEED_BYTES));
  return { type: type & ~IS_MASKED, payload };
}

/**
 * Hot: runs once for each record. Searching for one byte costs a third of searching for four, and
 * text does not contain it: `npm run bench -- outbox`.
 */
function holdsMarker(bytes: Buffer, from: number): boolean {
  const first = bytes.indexOf(MARKER_FIRST, from);
  return first !== -1 && bytes.indexOf(MARKER, first) !== -1;
}

/**
 * Masks content that contains the marker. Clients cannot predict the mask, so no message can look
 * like a record when the log is searched for the next one after damage.
 */
function maskRecord(writer: ByteWriter, start: number): void {
  writer.uint32(0);
  const content = writer.bytes().subarray(start);
  const payload = content.subarray(1, -SEED_BYTES);
  content.writeUInt8(content.readUInt8(0) | IS_MASKED, 0);
  for (;;) {
    const seed = randomBytes(SEED_BYTES).readUInt32LE(0);
    applyMask(payload, seed);
    content.writeUInt32LE(seed, content.length - SEED_BYTES);
    if (content.indexOf(MARKER) === -1) return;
    applyMask(payload, seed);
  }
}

/** Applies the mask, or removes it. The key stream is xorshift32. */
function applyMask(bytes: Buffer, seed: number): void {
  let state = seed | 1;
  for (let index = 0; index < bytes.length; index++) {
    if (index % 4 === 0) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
    }
    bytes.writeUInt8(bytes.readUInt8(index) ^ ((state >>> (8 * (index % 4))) & 0xff), index);
  }
}

/** An event of the log, with the sequence in its id. */
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
/** An id of another boot at the end of an event without message. Earlier versions pass over it. */
const HAS_ID = 0x80;
const DESTINATIONS_BEFORE_3 = 3;

/** Hot: runs once for each event that is written. */
export function writeEvent(writer: ByteWriter, idSequence: number, event: NewEvent): void {
  writer.uint8(eventFlags(event));
  writer.varint(idSequence);
  writer.text(event.connection);
  writer.text(event.tags);
  if (event.reason !== undefined) writer.text(event.reason);
  if (event.destinations !== undefined) writeDestinations(writer, event.destinations);
  if (event.originalId !== undefined) writer.text(event.originalId);
  if (event.message !== undefined) writer.raw(event.message);
}

/** Throws a RangeError when the payload is not an event. The message shares memory with it. */
export function readEvent(payload: Buffer, format: LogFormat): RecordedEvent {
  const reader = new ByteReader(payload);
  const flags = reader.uint8();
  const action = ACTIONS[flags & ACTION_MASK];
  if (action === undefined) throw new RangeError('an event in the log has an unknown action');
  const type = TYPES[(flags >> TYPE_SHIFT) & ACTION_MASK];
  const idSequence = reader.varint();
  const [connection, tags] = [reader.text(), reader.text()];
  const reason = (flags & HAS_REASON) === 0 ? undefined : knownReason(reader.text());
  const destinations = (flags & HAS_DESTINATIONS) === 0 ? undefined : readDestinations(reader, format);
  const originalId = (flags & HAS_ID) === 0 ? undefined : reader.text();
  const message = (flags & HAS_MESSAGE) === 0 ? undefined : reader.rest();
  const event: NewEvent = { connection, action, type, tags, message, reason, destinations };
  return { idSequence, event: originalId === undefined ? event : { ...event, originalId } };
}

export function writeRetagging(writer: ByteWriter, { connection, tags, destinations }: Retagging): void {
  writer.text(connection);
  writer.text(tags);
  writer.uint8(destinations === undefined ? 0 : 1);
  if (destinations !== undefined) writeDestinations(writer, destinations);
}

export function readRetagging(reader: ByteReader, format: LogFormat): Retagging {
  const [connection, tags] = [reader.text(), reader.text()];
  if (reader.uint8() === 0) return { connection, tags };
  return { connection, tags, destinations: readDestinations(reader, format) };
}

function eventFlags({ action, type, reason, destinations, message, originalId }: NewEvent): number {
  let flags = ACTIONS.indexOf(action) | (TYPES.indexOf(type) << TYPE_SHIFT);
  if (reason !== undefined) flags |= HAS_REASON;
  if (destinations !== undefined) flags |= HAS_DESTINATIONS;
  if (message !== undefined) flags |= HAS_MESSAGE;
  if (originalId !== undefined) flags |= HAS_ID;
  return flags;
}

function writeDestinations(writer: ByteWriter, destinations: EventDestinations): void {
  writer.varint(destinations.length);
  for (const destination of destinations) writer.text(destination);
}

function readDestinations(reader: ByteReader, format: LogFormat): EventDestinations {
  const count = format === 3 ? reader.varint() : DESTINATIONS_BEFORE_3;
  const destinations: string[] = [];
  for (let left = count; left > 0; left--) destinations.push(reader.text());
  return destinations;
}

/** Ignores a reason that only a later version knows. */
function knownReason(text: string): CloseReasonName | undefined {
  return isReason(text) ? text : undefined;
}

function isReason(text: string): text is CloseReasonName {
  return Object.hasOwn(CLOSE_REASONS, text);
}

import { ByteReader, ByteWriter } from '../outbox/log/byte-reader.js';
import { readEvent, readRetagging, RECORD, writeEvent, writeRetagging } from '../outbox/log/event-record.js';
import type { NewEvent, Retagging } from '../outbox/outbox.js';

/** Newest format of records: both processes are of one version. */
const FORMAT = 3;
const LENGTH_BYTES = 4;
/** Ids are assigned in the supervisor. */
const NO_SEQUENCE = 0;

/**
 * Collects the records of a tick: u32 length of what follows, u8 type, and the content as in the
 * outbox's log. Without the marker and checksum of the log, because a unix socket loses nothing.
 */
export class RecordWriter {
  #writer = new ByteWriter();

  get length(): number {
    return this.#writer.length;
  }

  /** Hot: runs once for each event. */
  event(event: NewEvent): void {
    const start = this.#begin(RECORD.event);
    writeEvent(this.#writer, NO_SEQUENCE, event);
    this.#end(start);
  }

  retagged(now: Retagging): void {
    const start = this.#begin(RECORD.retagged);
    writeRetagging(this.#writer, now);
    this.#end(start);
  }

  /** The records so far, valid until the next one. Begins again after them. */
  take(keepBytes: number): Buffer {
    const bytes = this.#writer.bytes();
    if (bytes.length < keepBytes) this.#writer.clear();
    else this.#writer = new ByteWriter();
    return bytes;
  }

  #begin(type: number): number {
    const start = this.#writer.length;
    this.#writer.uint32(0);
    this.#writer.uint8(type);
    return start;
  }

  #end(start: number): void {
    this.#writer.setUint32(this.#writer.length - start - LENGTH_BYTES, start);
  }
}

/** A record, and the offset of the one after it. */
export type EventRecord =
  | { readonly type: 'event'; readonly event: NewEvent; readonly end: number }
  | { readonly type: 'retagged'; readonly now: Retagging; readonly end: number };

/**
 * Reads the record at an offset. Messages share memory with `bytes`. Hot: runs once for each event.
 */
export function readRecordAt(bytes: Buffer, start: number): EventRecord {
  const content = start + LENGTH_BYTES;
  const end = content + bytes.readUInt32LE(start);
  const payload = bytes.subarray(content + 1, end);
  if (bytes.readUInt8(content) === RECORD.retagged) {
    return { type: 'retagged', now: readRetagging(new ByteReader(payload), FORMAT), end };
  }
  return { type: 'event', event: readEvent(payload, FORMAT).event, end };
}

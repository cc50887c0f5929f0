import { crc32 } from 'node:zlib';
import type { ByteWriter } from './byte-writer.js';

/** What a record of the log holds. Numbers are the format: never to be changed. */
export const RECORD = { event: 1, retagged: 2, acknowledged: 3, snapshot: 4 } as const;

/** A record as it was read; `payload` shares memory with what was read. */
export interface LogRecord {
  readonly type: number;
  readonly payload: Buffer;
}

/** What a stretch of the log holds: whole records, and how many bytes they take. */
export interface ParsedRecords {
  readonly records: readonly LogRecord[];
  readonly bytes: number;
  /** The record behind them is broken; false when it is merely not all there. */
  readonly isDamaged: boolean;
  /** How many bytes the record behind them takes, 0 when that cannot be told. */
  readonly nextBytes: number;
}

/** Length of what follows the checksum, and the checksum. */
const FRAME_BYTES = 8;
/** A length beyond it is damage: no event is that large. */
const MAX_RECORD_BYTES = 2 ** 30;

/** Appends one record: length, CRC-32, type, payload. */
export function writeRecord(writer: ByteWriter, type: number, writePayload: () => void): void {
  const start = writer.length;
  writer.uint32(0);
  writer.uint32(0);
  writer.uint8(type);
  writePayload();
  writer.setUint32(writer.length - start - FRAME_BYTES, start);
  writer.setUint32(crc32(writer.bytes().subarray(start + FRAME_BYTES)), start + 4);
}

/** The whole records at the front. */
export function parseRecords(buffer: Buffer): ParsedRecords {
  const records: LogRecord[] = [];
  let offset = 0;
  for (;;) {
    if (buffer.length - offset < FRAME_BYTES) return { records, bytes: offset, isDamaged: false, nextBytes: 0 };
    const length = buffer.readUInt32LE(offset);
    if (length === 0 || length > MAX_RECORD_BYTES) return { records, bytes: offset, isDamaged: true, nextBytes: 0 };
    const end = offset + FRAME_BYTES + length;
    if (end > buffer.length) return { records, bytes: offset, isDamaged: false, nextBytes: FRAME_BYTES + length };
    const content = buffer.subarray(offset + FRAME_BYTES, end);
    if (crc32(content) !== buffer.readUInt32LE(offset + 4)) {
      return { records, bytes: offset, isDamaged: true, nextBytes: 0 };
    }
    records.push({ type: content.readUInt8(0), payload: content.subarray(1) });
    offset = end;
  }
}

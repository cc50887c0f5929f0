import { crc32 } from 'node:zlib';
import { parseRecords, RECORD } from '../../src/gateway/outbox/log/event-record.js';
import { FORMAT, SEGMENT_HEADER_BYTES } from '../../src/gateway/outbox/log/segment-header.js';

/**
 * Converts a log file to format 1: no markers, no copies, an empty snapshot. The events must have
 * no destinations.
 */
export function inFormat1(file: Buffer): Buffer {
  const header = Buffer.from(file.subarray(0, SEGMENT_HEADER_BYTES));
  header.writeUInt8(1, 4);
  header.writeUInt32LE(crc32(header.subarray(0, 16)), 16);
  const { records } = parseRecords(file.subarray(SEGMENT_HEADER_BYTES), FORMAT);
  const known = records.filter(({ type }) => type <= RECORD.acknowledged);
  const snapshot = { type: RECORD.snapshot, payload: Buffer.from([0, 0]) };
  return Buffer.concat([header, ...[snapshot, ...known].map(frame)]);
}

function frame({ type, payload }: { readonly type: number; readonly payload: Buffer }): Buffer {
  const content = Buffer.concat([Buffer.from([type]), payload]);
  const front = Buffer.alloc(8);
  front.writeUInt32LE(content.length, 0);
  front.writeUInt32LE(crc32(content), 4);
  return Buffer.concat([front, content]);
}

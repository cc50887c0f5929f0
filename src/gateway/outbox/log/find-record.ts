import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { FRAME_BYTES, MARKER, readFrame, readRecord, RECORD, type LogFormat } from './event-record.js';
import { readFully } from './read-fully.js';

/** Part of a file. */
interface Stretch {
  readonly from: number;
  readonly end: number;
}

/** Offset of the checksum in a record of format 1. */
const CRC_AT = 4;
/** Bytes searched at once. */
const WINDOW_BYTES = 256 * 1024;
const FORMAT_1_TYPES = new Set<number>([RECORD.event, RECORD.retagged, RECORD.acknowledged, RECORD.snapshot]);

/**
 * Offset of the first whole record in a part of a file; undefined when there is none. In format 1 a
 * record has no marker, so every offset with a known type and a correct checksum counts.
 */
export async function findRecord(
  file: FileHandle,
  { from, end }: Stretch,
  format: LogFormat,
): Promise<number | undefined> {
  const frameBytes = FRAME_BYTES[format];
  const nextStart = format === 1 ? nextPlausible : nextMarker;
  for (let base = from; base + frameBytes < end;) {
    // The first byte of content, the type, is needed too.
    const bytes = await readFully(file, base, Math.min(WINDOW_BYTES, end - base));
    if (bytes.length <= frameBytes) return undefined;
    const last = bytes.length - frameBytes - 1;
    for (let at = nextStart(bytes, 0, end - base); at !== -1 && at <= last; at = nextStart(bytes, at + 1, end - base)) {
      if (await isRecordAt(file, { from: base + at, end }, format)) return base + at;
    }
    base += last + 1;
  }
  return undefined;
}

/**
 * Offset of the record after a damaged one of format 1. If its length is correct, its content is
 * not searched, because a message may look like a record. The length is wrong if the checksum is
 * correct for the bytes up to a record in between.
 */
export async function nextInFormat1(
  file: FileHandle,
  { at, claimedBytes, end }: { readonly at: number; readonly claimedBytes: number; readonly end: number },
): Promise<number | undefined> {
  const claimed = at + claimedBytes;
  if (claimedBytes === 0 || !(await isRecordAt(file, { from: claimed, end }, 1))) {
    return findRecord(file, { from: at + 1, end }, 1);
  }
  const bytes = await readFully(file, at, claimedBytes);
  const crc = bytes.readUInt32LE(CRC_AT);
  for (let from = at + 1; ;) {
    const next = await findRecord(file, { from, end }, 1);
    if (next === undefined || next >= claimed) return claimed;
    if (crc32(bytes.subarray(FRAME_BYTES[1], next - at)) === crc) return next;
    from = next + 1;
  }
}

function nextMarker(bytes: Buffer, from: number): number {
  return bytes.indexOf(MARKER, from);
}

/** In format 1: the next offset with a plausible length and a known type. */
function nextPlausible(bytes: Buffer, from: number, left: number): number {
  for (let at = from; at < bytes.length - FRAME_BYTES[1]; at++) {
    if (!FORMAT_1_TYPES.has(bytes.readUInt8(at + FRAME_BYTES[1]))) continue;
    const end = readFrame(bytes, at, 1)?.end;
    if (end !== undefined && end <= left) return at;
  }
  return -1;
}

/** True when a whole record begins at `from`. */
async function isRecordAt(file: FileHandle, { from, end }: Stretch, format: LogFormat): Promise<boolean> {
  const head = await readFully(file, from, FRAME_BYTES[format]);
  const frame = head.length < FRAME_BYTES[format] ? undefined : readFrame(head, 0, format);
  if (frame === undefined || from + frame.end > end) return false;
  const bytes = await readFully(file, from, frame.end);
  return bytes.length === frame.end && readRecord(bytes, frame) !== undefined;
}

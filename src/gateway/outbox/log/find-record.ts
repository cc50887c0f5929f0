import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { FRAME_BYTES, MARKER, readFrame, readRecord, RECORD, type LogFormat } from './event-record.js';
import { readFully } from './read-fully.js';

/** A stretch of a file. */
interface Stretch {
  readonly from: number;
  readonly end: number;
}

/** Of a record of format 1. */
const CRC_AT = 4;
/** What is searched at once. */
const WINDOW_BYTES = 256 * 1024;
const FORMAT_1_TYPES = new Set<number>([RECORD.event, RECORD.retagged, RECORD.acknowledged, RECORD.snapshot]);

/**
 * The offset of the first whole record of a stretch; undefined when it holds none. In format 1,
 * where a record has no recognisable start, each byte may be one: what has a known type and a right
 * checksum counts.
 */
export async function findRecord(
  file: FileHandle,
  { from, end }: Stretch,
  format: LogFormat,
): Promise<number | undefined> {
  const frameBytes = FRAME_BYTES[format];
  const nextStart = format === 1 ? nextPlausible : nextMarker;
  for (let base = from; base + frameBytes < end;) {
    // One byte of content as well: it is the type.
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
 * The offset of the record behind a damaged one of format 1. Where its length is right, what it
 * holds is not searched: a message may look like a record. Its length is wrong when its checksum
 * holds up to a record in between.
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

/** In format 1: a length that fits and a type that is known. */
function nextPlausible(bytes: Buffer, from: number, left: number): number {
  for (let at = from; at < bytes.length - FRAME_BYTES[1]; at++) {
    if (!FORMAT_1_TYPES.has(bytes.readUInt8(at + FRAME_BYTES[1]))) continue;
    const end = readFrame(bytes, at, 1)?.end;
    if (end !== undefined && end <= left) return at;
  }
  return -1;
}

/** Whether a whole record begins where the stretch does. */
async function isRecordAt(file: FileHandle, { from, end }: Stretch, format: LogFormat): Promise<boolean> {
  const head = await readFully(file, from, FRAME_BYTES[format]);
  const frame = head.length < FRAME_BYTES[format] ? undefined : readFrame(head, 0, format);
  if (frame === undefined || from + frame.end > end) return false;
  const bytes = await readFully(file, from, frame.end);
  return bytes.length === frame.end && readRecord(bytes, frame) !== undefined;
}

import type { FileHandle } from 'node:fs/promises';
import { FRAME_BYTES, MARKER, readFrame, readRecord, RECORD, type LogFormat } from './log-record.js';
import { readFully } from './read-fully.js';

/** A stretch of a file. */
interface Stretch {
  readonly from: number;
  readonly end: number;
}

/** What is searched at once. */
const WINDOW_BYTES = 256 * 1024;
const FORMAT_1_TYPES = new Set<number>([RECORD.event, RECORD.retagged, RECORD.acknowledged, RECORD.snapshot]);

/**
 * The offset of the first whole record of a stretch; undefined when it holds none. In format 1, where a record has no
 * recognisable start, each byte may be one: what has a known type and a right checksum counts.
 */
export async function findRecord(
  file: FileHandle,
  { from, end }: Stretch,
  format: LogFormat,
): Promise<number | undefined> {
  const frameBytes = FRAME_BYTES[format];
  const nextStart = format === 2 ? nextMarker : nextPlausible;
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
export async function isRecordAt(file: FileHandle, { from, end }: Stretch, format: LogFormat): Promise<boolean> {
  const head = await readFully(file, from, FRAME_BYTES[format]);
  const frame = head.length < FRAME_BYTES[format] ? undefined : readFrame(head, 0, format);
  if (frame === undefined || from + frame.end > end) return false;
  const bytes = await readFully(file, from, frame.end);
  return bytes.length === frame.end && readRecord(bytes, frame) !== undefined;
}

import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { WsgError } from '../../../core/error.js';
import type { Logger } from '../../../core/logger.js';
import { findRecord } from './find-record.js';
import type { LogDamage } from './log-damage.js';
import { RECORD } from './event-record.js';
import { segmentNumber, segmentPath, UNFINISHED } from './log-segment.js';
import { PageReader } from './log-reader.js';
import { readFully } from './read-fully.js';
import { regularFileAt } from './regular-file.js';
import {
  decodeSegmentHeader,
  repairSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from './segment-header.js';

/** A file of the log, with its header or a copy of that. */
export interface FoundFile {
  readonly number: number;
  readonly path: string;
  readonly header: SegmentHeader;
}

/**
 * Finds the valid files of a log, oldest first, and removes the others. Rejects with
 * `outbox.unusable`.
 */
export async function findFiles(dir: string, damage: LogDamage, log: Logger): Promise<FoundFile[]> {
  const names = (await readdir(dir)).toSorted();
  for (const name of names) if (name.endsWith(UNFINISHED)) await rm(join(dir, name));
  const numbers = names.flatMap((name) => segmentNumber(name) ?? []);
  const files: FoundFile[] = [];
  for (const number of numbers) {
    const path = segmentPath(dir, number);
    const header = await headerOf(path, number === numbers.at(-1), damage);
    if (header === 'cut') await removeCut(path, log);
    else if (header !== 'lost') files.push({ number, path, header });
  }
  const first = files.findLastIndex(({ header }) => header.isReplacement);
  for (const { path } of files.splice(0, Math.max(0, first))) await rm(path);
  reportMissing(
    dir,
    numbers.filter((number) => number >= (files[0]?.number ?? 0)),
    damage,
  );
  return files;
}

/** Reports gaps in the numbers: files are removed from the oldest on, so there should be none. */
function reportMissing(dir: string, numbers: readonly number[], damage: LogDamage): void {
  for (const [index, number] of numbers.entries()) {
    const expected = (numbers[index - 1] ?? number - 1) + 1;
    if (number !== expected) damage.missing(segmentPath(dir, expected));
  }
}

/** Removes a file without a whole header: it has no events yet. */
async function removeCut(path: string, log: Logger): Promise<void> {
  log.warn('outbox.log-cut', { file: path, at: 0 });
  await rm(path);
}

/**
 * Reads the header. `cut`: it is incomplete and nothing follows it. `lost`: no copy of it is left,
 * so the boot of the events is unknown.
 */
async function headerOf(path: string, isNewest: boolean, damage: LogDamage): Promise<SegmentHeader | 'cut' | 'lost'> {
  await regularFileAt(path);
  const file = await open(path, 'r');
  try {
    const front = await readFully(file, 0, SEGMENT_HEADER_BYTES);
    const decoded = decodeSegmentHeader(front);
    if (decoded === 'newer') throw newer(path);
    if (decoded !== 'damaged') return decoded;
    const { size } = await file.stat();
    const header = repairSegmentHeader(front) ?? (await copiedHeader(file, size));
    if (header !== undefined) {
      await damage.found(path, { at: 0, bytes: SEGMENT_HEADER_BYTES });
      return header;
    }
    if (isNewest && (await isCut(file, front, size))) return 'cut';
    await damage.foundWhole(path, size);
    return 'lost';
  } finally {
    await file.close();
  }
}

/** First copy of the header among the records. Format 1 has none. */
async function copiedHeader(file: FileHandle, size: number): Promise<SegmentHeader | undefined> {
  const pages = new PageReader(file, 2, 0);
  for (;;) {
    const { records, isLast } = await pages.next(size);
    const copy = records.find(({ type }) => type === RECORD.header);
    const header = copy === undefined ? 'damaged' : decodeSegmentHeader(copy.payload);
    if (typeof header === 'object') return header;
    if (isLast) return undefined;
  }
}

/** True for the result of an incomplete write: less than a header, or zeros. */
async function isCut(file: FileHandle, front: Buffer, size: number): Promise<boolean> {
  if (front.length < SEGMENT_HEADER_BYTES) return true;
  const isBlank = front.every((byte) => byte === 0);
  return isBlank && (await findRecord(file, { from: 0, end: size }, 1)) === undefined;
}

function newer(path: string): WsgError {
  const hint = 'Use that version, or move the files of outbox.dir to another folder.';
  return new WsgError('outbox.unusable', `${path} was written by a later version of wsg.`, { hint });
}

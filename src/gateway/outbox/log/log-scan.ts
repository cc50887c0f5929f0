import { open, readdir, rm, truncate, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { WsgError } from '../../../core/error.js';
import type { Logger } from '../../../core/logger.js';
import { AcknowledgedPlaces } from './acknowledged-places.js';
import { ByteReader } from './byte-reader.js';
import { readEvent, readRetagging } from './event-record.js';
import { RECORD, type LogRecord } from './log-record.js';
import { LogSegment, segmentNumber, segmentPath, UNFINISHED } from './log-segment.js';
import { OpenConnections } from './open-connections.js';
import { PageReader } from './page-reader.js';
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, type SegmentHeader } from './segment-header.js';
import { readSnapshot, type Acknowledgements } from './snapshot.js';

/** What an earlier process left in the folder. */
export interface ScannedLog {
  /** Oldest first. Their events are numbered from 1 on, whatever was acknowledged. */
  readonly segments: readonly LogSegment[];
  readonly events: number;
  /** The highest number that a file has; 0 when there are none. */
  readonly lastNumber: number;
  readonly open: OpenConnections;
  /** For each sink the number of the last event that it acknowledged; none before the first. */
  readonly cursors: ReadonlyMap<string, number>;
  readonly acknowledged: Acknowledgements;
}

interface FoundFile {
  readonly number: number;
  readonly path: string;
  readonly header: SegmentHeader;
}

/** Reads the whole log once, a page at a time. Cuts a broken end of the newest file; rejects with `outbox.unusable` when anything else is broken. */
export async function scanLog(dir: string, log: Logger): Promise<ScannedLog> {
  const scan = new LogScan(dir, log);
  const files = await currentFiles(dir, log);
  for (const [index, file] of files.entries()) await scan.read(file, index === files.length - 1);
  return scan.result();
}

/** A sink whose configuration is gone, for good or by mistake, gets nothing of what waited for it. */
export function warnOfGoneSinks({ cursors, events }: ScannedLog, sinks: readonly string[], log: Logger): void {
  for (const [sink, cursor] of cursors) {
    if (!sinks.includes(sink) && cursor < events) log.warn('outbox.sink-gone', { sink, events: events - cursor });
  }
}

/** The files that count; those that do not are removed. */
async function currentFiles(dir: string, log: Logger): Promise<FoundFile[]> {
  const names = (await readdir(dir)).toSorted();
  for (const name of names) if (name.endsWith(UNFINISHED)) await rm(join(dir, name));
  const numbers = names.flatMap((name) => segmentNumber(name) ?? []);
  const files: FoundFile[] = [];
  for (const number of numbers) {
    const path = segmentPath(dir, number);
    const header = await readHeader(path);
    if (header === 'newer') throw unusable(`${path} was written by a later version of wsg.`, 'Use that version.');
    if (header !== 'damaged') files.push({ number, path, header });
    else if (number !== numbers.at(-1)) throw damaged(path, 0);
    else await removeCut(path, log);
  }
  const first = files.findLastIndex(({ header }) => header.isReplacement);
  for (const { path } of files.splice(0, Math.max(0, first))) await rm(path);
  return files;
}

/** A file whose very header is cut holds nothing yet. */
async function removeCut(path: string, log: Logger): Promise<void> {
  log.warn('outbox.log-cut', { file: path, at: 0 });
  await rm(path);
}

async function readHeader(path: string): Promise<SegmentHeader | 'newer' | 'damaged'> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SEGMENT_HEADER_BYTES), 0, SEGMENT_HEADER_BYTES, 0);
    return decodeSegmentHeader(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** The state that grows from file to file. */
class LogScan {
  readonly #segments: LogSegment[] = [];
  readonly #open = new OpenConnections();
  readonly #acknowledged = new Map<string, string>();
  readonly #places = new AcknowledgedPlaces();
  #events = 0;

  constructor(
    private readonly dir: string,
    private readonly log: Logger,
  ) {}

  async read({ number, path, header }: FoundFile, isNewest: boolean): Promise<void> {
    const firstSequence = this.#events + 1;
    const { boot, isReplacement } = header;
    const segment = new LogSegment({ dir: this.dir, number, boot, firstSequence, isReplacement, isFinished: true });
    this.#places.enter(boot);
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      segment.writtenBytes = await this.#readRecords(file, size);
      if (segment.writtenBytes < size) await this.#cut(segment, size, isNewest);
    } finally {
      await file.close();
    }
    segment.appendedBytes = segment.writtenBytes;
    segment.lastSequence = this.#events;
    this.#segments.push(segment);
  }

  result(): ScannedLog {
    const cursors = new Map<string, number>();
    for (const [sink, id] of this.#acknowledged) cursors.set(sink, this.#places.find(id));
    const acknowledged = this.#acknowledged;
    const lastNumber = this.#segments.at(-1)?.number ?? 0;
    return { segments: this.#segments, events: this.#events, lastNumber, open: this.#open, cursors, acknowledged };
  }

  /** The offset behind the last whole record. */
  async #readRecords(file: FileHandle, size: number): Promise<number> {
    const pages = new PageReader(file, SEGMENT_HEADER_BYTES);
    for (;;) {
      const { records, isLast } = await pages.next(size);
      for (const record of records) this.#apply(record);
      if (isLast) return pages.offset;
    }
  }

  #apply({ type, payload }: LogRecord): void {
    if (type === RECORD.event) {
      const { idSequence, event } = readEvent(payload);
      this.#open.apply(event);
      this.#events++;
      this.#places.add(this.#events, idSequence);
    } else if (type === RECORD.retagged) {
      this.#open.restore(readRetagging(new ByteReader(payload)));
    } else if (type === RECORD.acknowledged) {
      const reader = new ByteReader(payload);
      this.#acknowledged.set(reader.text(), reader.text());
    } else if (type === RECORD.snapshot) {
      readSnapshot(payload, this.#open, this.#acknowledged);
    }
  }

  async #cut(segment: LogSegment, size: number, isNewest: boolean): Promise<void> {
    if (!isNewest) throw damaged(segment.path, segment.writtenBytes);
    this.log.warn('outbox.log-cut', {
      file: segment.path,
      at: segment.writtenBytes,
      bytes: size - segment.writtenBytes,
    });
    await truncate(segment.path, segment.writtenBytes);
  }
}

function damaged(path: string, offset: number): WsgError {
  return unusable(
    `${path} is damaged at byte ${offset}, and it is not the newest file of the log.`,
    'Restore it, or move it and the older files away: the events in them are not delivered then.',
  );
}

function unusable(message: string, hint: string): WsgError {
  return new WsgError('outbox.unusable', message, { hint });
}

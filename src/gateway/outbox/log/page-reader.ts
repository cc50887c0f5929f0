import type { FileHandle } from 'node:fs/promises';
import { findRecord, nextInFormat1 } from './find-record.js';
import { parseRecords, type LogFormat, type LogRecord } from './log-record.js';
import { readFully } from './read-fully.js';

/** Large enough that reads are few, small enough that a reader costs no memory to speak of. */
const PAGE_BYTES = 256 * 1024;

/** Bytes of a file that are no records, with whole records behind them. */
export interface DamagedStretch {
  readonly at: number;
  readonly bytes: number;
}

/** What comes next in a file: whole records, or a damaged stretch that was passed over, or its end. */
export interface LogPage {
  readonly records: readonly LogRecord[];
  readonly damage: DamagedStretch | undefined;
  /** Nothing whole follows before the end that was given. */
  readonly isLast: boolean;
}

/** Reads records from a file one after another, a page at a time. Passes over what is damaged. */
export class PageReader {
  constructor(
    private readonly file: FileHandle,
    private readonly format: LogFormat,
    private place: number,
  ) {}

  /** The offset behind the last record read, or the last stretch passed over. */
  get offset(): number {
    return this.place;
  }

  /** Goes on at a place further back. */
  passTo(offset: number): void {
    this.place = offset;
  }

  /** What lies before `end`, at most a page; one record is always read whole. */
  async next(end: number): Promise<LogPage> {
    let size = PAGE_BYTES;
    for (;;) {
      const bytes = await readFully(this.file, this.place, Math.min(size, end - this.place));
      const { records, bytes: taken, isDamaged, nextBytes } = parseRecords(bytes, this.format);
      this.place += taken;
      if (records.length > 0) return { records, damage: undefined, isLast: false };
      if (isDamaged || nextBytes === 0 || this.place + nextBytes > end || bytes.length < size) {
        return this.pass(nextBytes, end);
      }
      size = nextBytes;
    }
  }

  private async pass(claimedBytes: number, end: number): Promise<LogPage> {
    const { file, format, place: at } = this;
    if (at >= end) return { records: [], damage: undefined, isLast: true };
    const damaged = { at, claimedBytes, end };
    const next =
      format === 2 ? await findRecord(file, { from: at + 1, end }, format) : await nextInFormat1(file, damaged);
    if (next === undefined) return { records: [], damage: undefined, isLast: true };
    this.place = next;
    return { records: [], damage: { at, bytes: next - at }, isLast: false };
  }
}

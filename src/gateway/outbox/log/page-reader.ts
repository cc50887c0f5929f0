import type { FileHandle } from 'node:fs/promises';
import { parseRecords, type LogRecord } from './log-record.js';

/** Large enough that reads are few, small enough that a reader costs no memory to speak of. */
const PAGE_BYTES = 256 * 1024;

/** The next whole records of a file. */
export interface LogPage {
  readonly records: readonly LogRecord[];
  /** Nothing whole follows before the end that was given. */
  readonly isLast: boolean;
}

/** Reads records from a file one after another, a page at a time. */
export class PageReader {
  constructor(
    private readonly file: FileHandle,
    private place: number,
  ) {}

  /** The offset behind the last record read. */
  get offset(): number {
    return this.place;
  }

  /** What lies before `end`, at most a page; one record is always read whole. */
  async next(end: number): Promise<LogPage> {
    let size = PAGE_BYTES;
    for (;;) {
      const bytes = await this.read(Math.min(size, end - this.place));
      const { records, bytes: taken, isDamaged, nextBytes } = parseRecords(bytes);
      this.place += taken;
      const isBroken = isDamaged || this.place + nextBytes > end || bytes.length < size;
      if (records.length > 0 || isBroken || nextBytes === 0) return { records, isLast: isBroken };
      size = nextBytes;
    }
  }

  private async read(length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(Math.max(0, length));
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.file.read(buffer, filled, length - filled, this.place + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }
}

import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ReservedFile } from '../../../core/file-reserve.js';
import { systemClock, type Clock } from '../../../core/clock.js';
import { errorMessage } from '../../../core/error.js';
import type { Logger } from '../../../core/logger.js';
import { LimitedLog } from '../../../core/limited-log.js';
import { backoffMs, Pause } from '../../../core/delay.js';
import { ByteWriter } from './byte-reader.js';
import type { LogSegment } from './log-segment.js';

/** Calls fsync on a folder: a new file survives a power failure only after that. */
export async function syncFolder(dir: string): Promise<void> {
  const folder = await ReservedFile.open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export interface LogWriterOptions {
  readonly fsync: 'always' | 'interval' | 'never';
  readonly fsyncIntervalMs: number;
  /** Duration after which a write is reported, in real time. */
  readonly slowWriteMs?: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when more has been written, when writing begins to fail, and when it works again. */
  readonly onProgress: () => void;
}

/** Bytes of one write. */
interface WriteBatch {
  readonly segment: LogSegment;
  readonly writer: ByteWriter;
  /** Sequence of its first event; Infinity when it has none. */
  firstSequence: number;
}

const FAILURES_LOGGED_EACH_MS = 60_000;
/** Duration after which a write is reported: a disk that hangs returns no error. */
const SLOW_WRITE_MS = 10_000;

/**
 * Writes everything appended in one tick, or during the last write, with one write and at most one
 * fsync. A failed write is repeated at the same offset, after a growing pause, until it succeeds.
 */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #failureLog: LimitedLog;
  readonly #pause: Pause;
  readonly #finishPause: Pause;
  readonly #batches: WriteBatch[] = [];
  /** Batch to which appends are added. */
  #growing: WriteBatch | undefined;
  #file: { readonly segment: LogSegment; readonly handle: ReservedFile } | undefined;
  #running: Promise<void> | undefined;
  #failures = 0;
  #isGivenUp = false;
  #pendingBytes = 0;
  #onFailure: ((error: unknown) => void) | undefined;
  #cancelSync: (() => void) | undefined;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#pause = new Pause(options.clock);
    this.#finishPause = new Pause(options.clock);
    this.#failureLog = new LimitedLog(options.log, options.clock, FAILURES_LOGGED_EACH_MS);
  }

  /**
   * Sequence of the oldest event that is not yet written (with `always`: synced); Infinity when all
   * are.
   */
  get firstPending(): number {
    for (const { firstSequence } of this.#batches) if (firstSequence !== Infinity) return firstSequence;
    return Infinity;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /**
   * Appends bytes for `segment`; `append` must write some. `sequence` is that of the event;
   * Infinity for other records.
   */
  append(segment: LogSegment, sequence: number, append: (writer: ByteWriter) => void): void {
    const batch = this.#batchFor(segment);
    const before = batch.writer.length;
    append(batch.writer);
    const bytes = batch.writer.length - before;
    segment.appendedBytes += bytes;
    this.#pendingBytes += bytes;
    if (sequence < batch.firstSequence) batch.firstSequence = sequence;
    this.#wake();
  }

  /** Resolves when all appended bytes are written; rejects when writing was given up. */
  async flush(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    if (this.#batches.length > 0) throw new Error('Writing the log was given up.');
  }

  /** Like `flush`, but rejects at the first failure. Writing continues. */
  async flushOrFail(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#onFailure = reject;
      this.flush().then(resolve, reject);
    }).finally(() => (this.#onFailure = undefined));
  }

  /** Calls fsync (except with `never`) and renames an unfinished segment to its final name. */
  async finish(segment: LogSegment): Promise<void> {
    if (this.#file?.segment === segment) await this.#sync(this.#file.handle);
    if (!segment.isFinished) await rename(segment.path, segment.finalPath);
    segment.isFinished = true;
    if (this.#options.fsync !== 'never') await syncFolder(dirname(segment.finalPath));
  }

  /**
   * Repeats `finish` until it succeeds: an unfinished segment is not valid. Rejects when writing
   * was given up.
   */
  async finishPatiently(segment: LogSegment): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        await this.finish(segment);
        if (failures > 1) this.#options.log.info('outbox.log-writable', { failures: failures - 1 });
        return;
      } catch (error) {
        if (this.#isGivenUp) throw error;
        this.#failureLog.warn('outbox.log-unwritable', {
          reason: errorMessage(error),
          waitingBytes: this.pendingBytes,
        });
        await this.#finishPause.wait(backoffMs(failures));
      }
    }
  }

  /** Stops trying: bytes that are not written are lost. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#pause.end();
    this.#finishPause.end();
  }

  /** Must be called after the last append. Rejects when something is not written. */
  async close(): Promise<void> {
    try {
      await this.flush();
      if (this.#file !== undefined) await this.#sync(this.#file.handle);
    } finally {
      this.#cancelSync?.();
      const file = this.#file;
      this.#file = undefined;
      await file?.handle.close();
    }
  }

  #batchFor(segment: LogSegment): WriteBatch {
    if (this.#growing?.segment === segment) return this.#growing;
    this.#growing = { segment, writer: new ByteWriter(), firstSequence: Infinity };
    this.#batches.push(this.#growing);
    return this.#growing;
  }

  #wake(): void {
    if (this.#isGivenUp || this.#batches.length === 0) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      this.#wake();
    });
  }

  async #run(): Promise<void> {
    // Appends of the rest of this tick go into the same write.
    await new Promise<void>((resolve) => setImmediate(resolve));
    for (let batch = this.#batches[0]; batch !== undefined && !this.#isGivenUp; batch = this.#batches[0]) {
      if (batch === this.#growing) this.#growing = undefined;
      const endWatch = this.#watchWrite();
      try {
        await this.#write(batch).finally(endWatch);
        this.#batches.shift();
        this.#pendingBytes -= batch.writer.length;
        this.#succeeded();
      } catch (error) {
        this.#failed(error);
        if (!this.#isGivenUp) await this.#pause.wait(backoffMs(this.#failures));
      }
    }
  }

  /** Reports a slow write, in real time. Returns a function that ends the watch. */
  #watchWrite(): () => void {
    const { slowWriteMs = SLOW_WRITE_MS } = this.#options;
    const beganMs = systemClock.now();
    const report = (): void => {
      const reason = `the disk has not answered a write for ${Math.round((systemClock.now() - beganMs) / 1000)} s`;
      this.#failureLog.warn('outbox.log-unwritable', { reason, waitingBytes: this.pendingBytes });
      cancel = systemClock.schedule(report, slowWriteMs);
    };
    let cancel = systemClock.schedule(report, slowWriteMs);
    return () => cancel();
  }

  async #write({ segment, writer }: WriteBatch): Promise<void> {
    const handle = await this.#open(segment);
    const bytes = writer.bytes();
    for (let written = 0; written < bytes.length;) {
      const place = segment.writtenBytes + written;
      written += await handle.write(bytes, written, place);
    }
    if (this.#options.fsync === 'always') await handle.datasync();
    if (this.#options.fsync === 'interval') this.#syncSoon();
    segment.writtenBytes += bytes.length;
  }

  async #open(segment: LogSegment): Promise<ReservedFile> {
    if (this.#file?.segment === segment) return this.#file.handle;
    const last = this.#file?.handle;
    if (last !== undefined) await this.#sync(last);
    // Forgotten first: even if its close fails, it cannot be used any more.
    this.#file = undefined;
    await last?.close();
    const handle = await ReservedFile.open(segment.path, 'w', 0o600);
    try {
      if (this.#options.fsync !== 'never') await syncFolder(dirname(segment.path));
    } catch (error) {
      await handle.close();
      throw error;
    }
    this.#file = { segment, handle };
    return handle;
  }

  #syncSoon(): void {
    this.#cancelSync ??= this.#options.clock.schedule(() => {
      this.#cancelSync = undefined;
      const handle = this.#file?.handle;
      if (handle !== undefined) this.#sync(handle).catch((error: unknown) => this.#syncFailed(handle, error));
    }, this.#options.fsyncIntervalMs);
  }

  async #sync(handle: ReservedFile): Promise<void> {
    if (this.#options.fsync !== 'never') await handle.datasync();
  }

  /** Ignores a file that was closed meanwhile: it was synced before. */
  #syncFailed(handle: ReservedFile, error: unknown): void {
    if (this.#file?.handle === handle) this.#failureLog.warn('outbox.fsync-failed', { reason: errorMessage(error) });
  }

  #succeeded(): void {
    if (this.#failures > 0) this.#options.log.info('outbox.log-writable', { failures: this.#failures });
    this.#failures = 0;
    this.#options.onProgress();
  }

  #failed(error: unknown): void {
    this.#failures++;
    this.#failureLog.warn('outbox.log-unwritable', { reason: errorMessage(error), waitingBytes: this.pendingBytes });
    this.#onFailure?.(error);
    if (this.#failures === 1) this.#options.onProgress();
  }
}

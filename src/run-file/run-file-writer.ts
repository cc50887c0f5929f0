import { mkdir, open, rmdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errorMessage, systemErrorCode, WsgError } from '../core/error.js';
import type { Histogram } from '../core/histogram/histogram.js';
import { encodeHistogram } from '../core/histogram/histogram-codec.js';
import { encodeSketch } from '../core/histogram/sketch-codec.js';
import { magicLine, recordLine, VALUE_KIND } from './record-line.js';
import type {
  GatewayRecord,
  HealthRecord,
  HistogramKind,
  HistogramRecord,
  RunEnd,
  RunEventRecord,
  RunHeader,
  SecondRecord,
  SketchRecord,
  ThresholdRecord,
  TrendTotals,
} from './records.js';

/** Folders that were created for a run file. */
interface Created {
  /** The topmost folder that was created. */
  readonly firstFolder: string | undefined;
}

/**
 * Writes the records of one run, by appending only. The write methods return immediately and never
 * throw; all records of one turn of the event loop are written at once. The first failure ends all
 * writing; `failure` has it, and `close` throws it.
 */
export class RunFileWriter {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #created: Created | undefined;
  readonly #ids = new Map<string, number>();
  #pending = '';
  #hasHeader = false;
  #isScheduled = false;
  #writing: Promise<void> = Promise.resolve();
  #failed: WsgError | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Creates the file, which must not exist unless it is a device or a pipe, and the folders above
   * it. Throws `run-file.write-failed` naming the path.
   */
  static async create(path: string): Promise<RunFileWriter> {
    try {
      if (await isStream(path)) return new RunFileWriter(path, await open(path, 'a'));
      const firstFolder = await mkdir(dirname(path), { recursive: true });
      return new RunFileWriter(path, await open(path, 'ax'), { firstFolder });
    } catch (error) {
      throw writeFailed(path, error);
    }
  }

  /** Takes ownership of a file that is open for appending. The path is used in errors. */
  constructor(path: string, file: FileHandle, created?: Created) {
    this.#path = path;
    this.#file = file;
    this.#created = created;
  }

  /** The error that ended writing; undefined without one. */
  get failure(): WsgError | undefined {
    return this.#failed;
  }

  writeHeader(header: RunHeader): void {
    this.#append(magicLine() + recordLine('header', JSON.stringify(header)));
    this.#hasHeader = true;
  }

  writeSecond(second: SecondRecord): void {
    this.#append(recordLine('second', JSON.stringify(second)));
  }

  writeHistogram({ series, kind, second, histogram }: HistogramRecord): void {
    this.#append(
      recordLine('histogram', `${this.#idOf(series)} ${kind} ${second} ${base64(encodeHistogram(histogram))}`),
    );
  }

  writeSketch({ series, second, sketch }: SketchRecord): void {
    this.#append(
      recordLine('histogram', `${this.#idOf(series)} ${VALUE_KIND} ${second} ${base64(encodeSketch(sketch))}`),
    );
  }

  writeHealth(health: HealthRecord): void {
    this.#append(recordLine('health', JSON.stringify(health)));
  }

  writeGateway(gateway: GatewayRecord): void {
    this.#append(recordLine('gateway', JSON.stringify(gateway)));
  }

  writeEvent(event: RunEventRecord): void {
    this.#append(recordLine('event', JSON.stringify(event)));
  }

  writeThreshold(threshold: ThresholdRecord): void {
    this.#append(recordLine('threshold', JSON.stringify(threshold)));
  }

  /** Writes the cumulative histograms, then the end record, which makes the file complete. */
  writeEnd(end: RunEnd): void {
    const trends: Record<string, Omit<TrendTotals, 'histograms' | 'sketch'>> = {};
    for (const [series, { histograms, sketch, ...figures }] of Object.entries(end.totals.trends)) {
      trends[series] = figures;
      this.#writeTotal(series, 'response', histograms.response);
      this.#writeTotal(series, 'service', histograms.service);
      this.#writeTotal(series, 'lag', histograms.lag);
      if (sketch !== undefined) this.#writeTotalBytes(series, VALUE_KIND, encodeSketch(sketch));
    }
    this.#append(recordLine('end', JSON.stringify({ ...end, totals: { ...end.totals, trends } })));
  }

  /** Resolves when all records so far are written, for writers of more than memory should hold. */
  async flushed(): Promise<void> {
    this.#flush();
    await this.#writing;
  }

  /**
   * Writes pending records and closes the file. A file without a header is removed again, with the
   * folders created for it, since its run never began. Throws the first failure
   * (`run-file.write-failed`). Idempotent.
   */
  async close(): Promise<void> {
    this.#closing ??= this.#finish();
    await this.#closing;
    if (this.#failed !== undefined) throw this.#failed;
  }

  #writeTotal(series: string, kind: HistogramKind, histogram: Histogram | undefined): void {
    if (histogram === undefined) return;
    this.#writeTotalBytes(series, kind, encodeHistogram(histogram));
  }

  #writeTotalBytes(series: string, kind: string, bytes: Uint8Array): void {
    this.#append(recordLine('total', `${this.#idOf(series)} ${kind} ${base64(bytes)}`));
  }

  #idOf(series: string): number {
    const known = this.#ids.get(series);
    if (known !== undefined) return known;
    const id = this.#ids.size;
    this.#ids.set(series, id);
    this.#append(recordLine('series', JSON.stringify({ id, name: series })));
    return id;
  }

  #append(line: string): void {
    if (this.#failed !== undefined) return;
    this.#pending += line;
    if (this.#isScheduled || this.#closing !== undefined) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#pending === '') return;
    const bytes = Buffer.from(this.#pending);
    this.#pending = '';
    this.#writing = this.#writing.then(() => this.#write(bytes));
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#failed !== undefined) return;
    try {
      await this.#file.appendFile(bytes);
    } catch (error) {
      this.#failed = writeFailed(this.#path, error);
    }
  }

  async #finish(): Promise<void> {
    this.#flush();
    await this.#writing;
    try {
      await this.#file.close();
      if (!this.#hasHeader && this.#failed === undefined && this.#created !== undefined)
        await remove(this.#path, this.#created);
    } catch (error) {
      this.#failed ??= writeFailed(this.#path, error);
    }
  }
}

/** Whether the path is a device or a pipe, which cannot be overwritten. */
async function isStream(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

/**
 * Removes a created file, and the created folders above it unless another process has added files
 * meanwhile.
 */
async function remove(path: string, { firstFolder }: Created): Promise<void> {
  await unlink(path);
  if (firstFolder === undefined) return;
  const first = resolve(firstFolder);
  for (let folder = dirname(resolve(path)); folder.startsWith(first); folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch (error) {
      if (systemErrorCode(error) === 'ENOTEMPTY') return;
      throw error;
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'the file exists, and a run is never overwritten',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file',
  EISDIR: 'it is a folder',
};

function writeFailed(path: string, cause: unknown): WsgError {
  const reason = REASONS[systemErrorCode(cause) ?? ''] ?? errorMessage(cause);
  return new WsgError('run-file.write-failed', `The run file ${path} cannot be written: ${reason}.`, {
    hint: 'Choose another one with --run FILE, or disable it with --no-run.',
    cause,
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

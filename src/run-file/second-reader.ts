import type { FileHandle } from 'node:fs/promises';
import { LineScanner, type RecordPlace } from './line-scanner.js';
import { checkMagic, openRun } from './open-run.js';
import { RunCollector } from './run-collector.js';
import type {
  GatewayRecord,
  HealthRecord,
  HistogramKind,
  RunEventRecord,
  SecondRecord,
  SketchRecord,
} from './records.js';

/** The samples of one series and kind in a second, encoded. */
export interface SecondSamples {
  readonly series: string;
  readonly kind: HistogramKind;
  readonly bytes: Uint8Array;
}

/** One second of a run file, with the records that follow it. */
export interface FileSecond {
  readonly record: SecondRecord;
  readonly histograms: readonly SecondSamples[];
  readonly sketches: readonly SketchRecord[];
  readonly health: readonly HealthRecord[];
  readonly gateway: readonly GatewayRecord[];
  /** Those before the next second; before the first second, those of the start. */
  readonly events: readonly RunEventRecord[];
}

/** Kinds of records after all seconds. */
const AFTER_SECONDS: ReadonlySet<string> = new Set(['total', 'threshold', 'end']);

/**
 * Reads a run file second by second, so that many files are read side by side in little memory: a
 * window of 1 MiB each. Reads synchronously, like all readers of run files.
 */
export class SecondReader {
  readonly #file: FileHandle;
  readonly #scanner: LineScanner;
  readonly #collector: RunCollector;
  readonly #memory = new SecondMemory();
  #histograms: SecondSamples[] = [];
  #sketches: SketchRecord[] = [];
  /** The record that begins the second after the current one. */
  #ahead: RecordPlace | undefined;
  #offset: number;
  #broken: string | undefined;

  private constructor(file: FileHandle, scanner: LineScanner) {
    this.#file = file;
    this.#scanner = scanner;
    this.#offset = scanner.offset;
    this.#collector = new RunCollector({
      seconds: true,
      histograms: {
        kinds: ['response', 'service', 'lag'],
        // The bytes are valid only until the next record.
        visitEncoded: ({ series, kind, bytes }) =>
          this.#histograms.push({ series, kind, bytes: this.#memory.copy(bytes) }),
        visitSketch: (sketch) => this.#sketches.push(sketch),
      },
    });
  }

  /** Throws `run-file.not-found`, `run-file.foreign` or `run-file.newer`. */
  static async open(path: string): Promise<SecondReader> {
    const file = await openRun(path);
    try {
      return new SecondReader(file, new LineScanner(await checkMagic(file, path)));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The damage that ended the seconds early, as a sentence. */
  get broken(): string | undefined {
    return this.#broken;
  }

  /**
   * The next second; undefined after the last one. Its encoded samples are valid until the next
   * call, which reuses their memory.
   */
  next(): FileSecond | undefined {
    this.#memory.clear();
    const { seconds, health, gateway, events } = this.#collector;
    let place = this.#ahead ?? this.#nextPlace();
    this.#ahead = undefined;
    for (; place !== undefined && !AFTER_SECONDS.has(place.kind); place = this.#nextPlace()) {
      if (place.kind === 'second' && seconds.length > 0) {
        this.#ahead = place;
        break;
      }
      if (!this.#take(place)) break;
    }
    const [record] = seconds.splice(0);
    const [histograms, sketches] = [this.#histograms, this.#sketches];
    [this.#histograms, this.#sketches] = [[], []];
    if (record === undefined) return undefined;
    return {
      record,
      histograms,
      sketches,
      health: health.splice(0),
      gateway: gateway.splice(0),
      events: events.splice(0),
    };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #nextPlace(): RecordPlace | undefined {
    if (this.#broken !== undefined) return undefined;
    this.#offset = this.#scanner.offset;
    const place = this.#scanner.next();
    if (place === undefined && this.#scanner.end === 'damaged')
      this.#broken = `the file is damaged at byte ${this.#offset}`;
    return place;
  }

  /** Returns false at damage. */
  #take(place: RecordPlace): boolean {
    try {
      if (place.kind === 'histogram' || this.#collector.wants(place.kind))
        this.#collector.take(place.kind, this.#scanner.payload(place));
      return true;
    } catch {
      this.#broken = `the file is damaged at byte ${this.#offset} (a "${place.kind}" record)`;
      return false;
    }
  }
}

const FIRST_BYTES = 64 << 10;

/**
 * The encoded samples of one second: an allocation for each would be a sixth of the cost of merging.
 * Hot path: see bench/merge.
 */
class SecondMemory {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #used = 0;

  /** Copies of before stay valid in the memory that they were made in. */
  copy(bytes: Uint8Array): Uint8Array {
    if (this.#used + bytes.length > this.#bytes.length) {
      this.#bytes = Buffer.allocUnsafeSlow(2 * (this.#bytes.length + bytes.length));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += bytes.length;
    this.#bytes.set(bytes, start);
    return this.#bytes.subarray(start, this.#used);
  }

  clear(): void {
    this.#used = 0;
  }
}

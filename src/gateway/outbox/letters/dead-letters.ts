import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import type { Clock } from '../../../core/clock.js';
import type { Logger } from '../../../core/logger.js';
import { LimitedLog } from '../../../core/limited-log.js';
import type { RefusedEvent } from '../../sinks/event-sink.js';
import { countLines, fileAt, growingPath, letterFiles, putAside, type LetterTotals } from './letter-files.js';
import { letterPieces, namedDestinations } from './letter-line.js';
import { syncFolder } from '../log/log-writer.js';

export interface DeadLettersOptions {
  /** Created with the first event. */
  readonly dir: string;
  readonly sink: string;
  /** Calls fsync before `keep` resolves. */
  readonly sync: boolean;
  /** Bound on the sink's files together; one batch may exceed it. */
  readonly maxBytes: number;
  /**
   * At the bound, `block` accepts no more letters, so that the sink waits; `drop-oldest` drops the
   * oldest file.
   */
  readonly policy: 'block' | 'drop-oldest';
  /** Names of the sinks that have destinations, by position. */
  readonly positions: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** Numbers of one sink's dead letters. */
export interface DeadLetterState extends LetterTotals {
  /** Number of letters dropped at the bound since the start. */
  readonly dropped: number;
}

const LOGGED_EACH_MS = 60_000;
/** Interval at which `state` counts the letters again. */
const COUNTED_EACH_MS = 5_000;
/**
 * Share of the bound at which the growing file is put aside, so that `drop-oldest` drops only a
 * small part at once.
 */
const FILE_SHARE = 1 / 8;
const WRITE_BYTES = 1024 * 1024;
const NEW_LINE = 0x0a;

/**
 * Writes the events that one sink refused for good to files of JSON lines. The growing file is
 * opened for each batch, and an append counts only when the file is still in its place afterwards.
 * So it may be moved away at any time.
 */
export class DeadLetters {
  readonly #options: DeadLettersOptions;
  readonly #log: LimitedLog;
  readonly #dropLog: LimitedLog;
  readonly #tally: LetterTally;
  #count = 0;
  #dropped = 0;
  #countedAtMs = -Infinity;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
    this.#log = new LimitedLog(options.log, options.clock, LOGGED_EACH_MS);
    this.#dropLog = new LimitedLog(options.log, options.clock, LOGGED_EACH_MS);
    this.#tally = new LetterTally(options.dir, options.sink);
  }

  /** Number of letters written since the start. */
  get count(): number {
    return this.#count;
  }

  /** Content of the files, some seconds old at most; zeros before the first count has ended. */
  state(): DeadLetterState {
    const nowMs = this.#options.clock.now();
    if (nowMs - this.#countedAtMs >= COUNTED_EACH_MS) {
      this.#countedAtMs = nowMs;
      // `keep` reports a folder that cannot be read; until then the numbers do not change.
      this.#tally.refresh().catch(() => undefined);
    }
    return { ...this.#tally.totals, dropped: this.#dropped };
  }

  /**
   * Writes the events. Rejects when they cannot be written or do not fit: they are not settled
   * then.
   */
  async keep(refused: readonly RefusedEvent[]): Promise<void> {
    const { dir, sink, clock, maxBytes } = this.#options;
    const [first] = refused;
    if (first === undefined) return;
    const path = growingPath(dir, sink);
    const time = new Date(clock.wallNow()).toISOString();
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await this.#makeRoom();
    while (!(await this.#append(path, refused, time)));
    this.#count += refused.length;
    const { reason, event } = first;
    this.#log.warn('sink.event-refused', { sink, reason, id: event.id, file: path, refused: this.#count });
    const grown = await fileAt(path);
    if (grown !== undefined && grown.bytes >= maxBytes * FILE_SHARE) await putAside(dir, sink, clock.wallNow());
  }

  async #makeRoom(): Promise<void> {
    const { dir, sink, maxBytes, policy, clock } = this.#options;
    for (;;) {
      const files = await letterFiles(dir, sink);
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      const [oldest] = files;
      if (bytes < maxBytes || oldest === undefined) return;
      if (policy === 'block') {
        throw new Error(
          `The dead letters of ${sink} in ${dir} take ${bytes} bytes, and outbox.dead_letter_max_bytes is ${maxBytes}: ` +
            "send them again with 'wsg outbox redeliver', or remove them with 'wsg outbox drop'.",
        );
      }
      if (oldest.path === growingPath(dir, sink)) await putAside(dir, sink, clock.wallNow());
      else await this.#drop(oldest.path, oldest.bytes);
    }
  }

  async #drop(path: string, bytes: number): Promise<void> {
    const letters = await countLines(path, 0, bytes);
    await rm(path, { force: true });
    this.#dropped += letters;
    this.#dropLog.warn('sink.dead-letters-dropped', { sink: this.#options.sink, letters, dropped: this.#dropped });
  }

  /** False when the file was put aside meanwhile: its reader may not have seen these lines. */
  async #append(path: string, refused: readonly RefusedEvent[], time: string): Promise<boolean> {
    const file = await open(path, 'a+', 0o600);
    try {
      const { size, ino } = await file.stat();
      try {
        if (size > 0 && !(await endsLine(file, size))) await file.appendFile('\n');
        await this.#write(file, refused, time);
        if (this.#options.sync) await file.sync();
        if (this.#options.sync && size === 0) await syncFolder(this.#options.dir);
      } catch (error) {
        // Half a line would damage the line after it.
        await file.truncate(size);
        throw error;
      }
      return (await fileAt(path))?.inode === ino;
    } finally {
      await file.close();
    }
  }

  /** Writes in pieces: a batch in base64 may be longer than a string can be. */
  async #write(file: FileHandle, refused: readonly RefusedEvent[], time: string): Promise<void> {
    let text = '';
    for (const { event, reason } of refused) {
      const destinations = namedDestinations(event.destinations, this.#options.positions);
      for (const piece of letterPieces({ time, reason, event, destinations })) {
        text += piece;
        if (text.length < WRITE_BYTES) continue;
        await file.appendFile(text);
        text = '';
      }
    }
    await file.appendFile(text);
  }
}

/**
 * True when the file ends with a line break: a process that was killed may have left half a line.
 */
async function endsLine(file: FileHandle, size: number): Promise<boolean> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === NEW_LINE;
}

interface Counted {
  readonly bytes: number;
  readonly letters: number;
}

/**
 * Counts the dead letters in one sink's files, including those of other processes. Reads each byte
 * once.
 */
export class LetterTally {
  readonly #dir: string;
  readonly #sink: string;
  #counted = new Map<number, Counted>();
  #totals: LetterTotals = { letters: 0, bytes: 0 };

  constructor(dir: string, sink: string) {
    this.#dir = dir;
    this.#sink = sink;
  }

  /** Result of the last `refresh`. */
  get totals(): LetterTotals {
    return this.#totals;
  }

  async refresh(): Promise<void> {
    const counted = new Map<number, Counted>();
    for (const { path, inode, bytes } of await letterFiles(this.#dir, this.#sink)) {
      const known = this.#counted.get(inode);
      const from = known !== undefined && known.bytes <= bytes ? known : { bytes: 0, letters: 0 };
      const letters = from.letters + (await countLines(path, from.bytes, bytes));
      counted.set(inode, { bytes, letters });
    }
    this.#counted = counted;
    let [letters, bytes] = [0, 0];
    for (const each of counted.values()) {
      letters += each.letters;
      bytes += each.bytes;
    }
    this.#totals = { letters, bytes };
  }
}

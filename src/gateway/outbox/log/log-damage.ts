import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorMessage, WsgError } from '../../../core/error.js';
import type { Logger } from '../../../core/logger.js';
import { regularFileAt } from './regular-file.js';

export interface LogDamageOptions {
  /** Folder of the log. */
  readonly dir: string;
  /** `strict`: damage is an error, `outbox.unusable`. */
  readonly mode: 'skip' | 'strict';
  readonly log: Logger;
}

/** Damage found since the start. */
export interface DamageTotals {
  /** Number of places that were skipped. */
  readonly places: number;
  readonly bytes: number;
  /** Number of events that are missing there, by the ids around them. */
  readonly events: number;
}

interface LostRange {
  readonly first: number;
  readonly last: number;
}

/** Folder of copies, which are never recovered. */
const KEPT_FOLDER = 'damaged';
const MAX_KEPT_FILES = 8;
const MAX_KEPT_BYTES = 256 * 1024 * 1024;
/** Most places that are logged one by one; the totals include the others. */
const MAX_LOGGED_PLACES = 100;

/** Counts and reports damage to a log, and keeps a copy of each damaged file. */
export class LogDamage {
  readonly #options: LogDamageOptions;
  readonly #known = new Set<string>();
  readonly #kept = new Set<string>();
  #lost: readonly LostRange[] = [];
  #places = 0;
  #bytes = 0;
  #events = 0;

  constructor(options: LogDamageOptions) {
    this.#options = options;
  }

  get totals(): DamageTotals {
    return { places: this.#places, bytes: this.#bytes, events: this.#events };
  }

  /**
   * Reports a damaged place once, even if it is read again. Rejects with `outbox.unusable` when the
   * mode is `strict`.
   */
  async found(path: string, { at, bytes }: DamagedStretch): Promise<void> {
    this.#refuseIfStrict(`${path} is damaged at byte ${at}: ${bytes} bytes cannot be read.`);
    if (!this.#count(`${path}:${at}`, bytes)) return;
    const kept = await this.#keep(path);
    if (this.#places <= MAX_LOGGED_PLACES)
      this.#options.log.error('outbox.log-damaged', { file: path, at, bytes, kept });
  }

  /** Like `found`, for a file without readable content: it is moved out of the log. */
  async foundWhole(path: string, bytes: number): Promise<void> {
    this.#refuseIfStrict(`${path} is damaged at byte 0: none of it can be read.`);
    this.#count(path, bytes);
    const kept = await this.#keep(path);
    // Without a copy the file stays, and is reported again at the next start.
    if (kept !== undefined) await rm(path);
    this.#options.log.error('outbox.log-damaged', { file: path, at: 0, bytes, kept });
  }

  /** Reports a missing file between others. */
  missing(path: string): void {
    this.#refuseIfStrict(`${path} is missing, but the log has files before and after it.`);
    this.#count(path, 0);
    this.#options.log.error('outbox.log-missing', { file: path });
  }

  /** Counts events of earlier boots that are missing. */
  lost(events: number): void {
    this.#events += events;
  }

  /**
   * Counts missing events of this process, by their sequences: once, even if several sinks miss
   * them.
   */
  lostThrough(first: number, last: number): void {
    const touched = this.#lost.filter((range) => range.first <= last + 1 && range.last >= first - 1);
    const merged = {
      first: Math.min(first, ...touched.map((range) => range.first)),
      last: Math.max(last, ...touched.map((range) => range.last)),
    };
    this.#events += eventsOf(merged);
    for (const range of touched) this.#events -= eventsOf(range);
    this.#lost = [...this.#lost.filter((range) => !touched.includes(range)), merged];
  }

  #count(place: string, bytes: number): boolean {
    if (this.#known.has(place)) return false;
    this.#known.add(place);
    this.#places++;
    this.#bytes += bytes;
    return true;
  }

  #refuseIfStrict(message: string): void {
    if (this.#options.mode === 'skip') return;
    const hint =
      'Restore the file, or set outbox.damaged to skip: events that can be read are then delivered, the others are lost.';
    throw new WsgError('outbox.unusable', message, { hint });
  }

  /** Copies a file; resolves to the path of the copy, or undefined when that failed. */
  async #keep(path: string): Promise<string | undefined> {
    const folder = join(this.#options.dir, KEPT_FOLDER);
    try {
      const { mtimeMs } = await stat(path);
      const copy = join(folder, `${basename(path)}-${Math.round(mtimeMs)}`);
      if (this.#kept.has(path)) return copy;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      // Copied under another name first: half a copy must not look complete.
      await regularFileAt(`${copy}.new`);
      await copyFile(path, `${copy}.new`, constants.COPYFILE_FICLONE);
      await rename(`${copy}.new`, copy);
      this.#kept.add(path);
      await removeOldest(folder);
      return copy;
    } catch (error) {
      this.#options.log.error('outbox.damaged-not-kept', { file: path, reason: errorMessage(error) });
      return undefined;
    }
  }
}

function eventsOf({ first, last }: LostRange): number {
  return last - first + 1;
}

/** Removes the oldest copies above the bound. The newest one always stays. */
async function removeOldest(folder: string): Promise<void> {
  const paths = (await readdir(folder)).map((name) => join(folder, name));
  const files = await Promise.all(paths.map(async (path) => ({ path, ...(await sizeAndTime(path)) })));
  files.sort((a, b) => b.timeMs - a.timeMs);
  let bytes = 0;
  for (const [index, { path, size }] of files.entries()) {
    bytes += size;
    if (index > 0 && (index >= MAX_KEPT_FILES || bytes > MAX_KEPT_BYTES)) await rm(path, { force: true });
  }
}

async function sizeAndTime(path: string): Promise<{ readonly size: number; readonly timeMs: number }> {
  const { size, ctimeMs } = await stat(path);
  return { size, timeMs: ctimeMs };
}

/** Bytes of a file that are not records, with whole records after them. */
export interface DamagedStretch {
  readonly at: number;
  readonly bytes: number;
}

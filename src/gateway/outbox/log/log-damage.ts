import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorMessage, WsgError } from '../../../core/error.js';
import type { Logger } from '../../../core/logger.js';
import { regularFileAt } from './regular-file.js';

export interface LogDamageOptions {
  /** Of the log. */
  readonly dir: string;
  /** `strict`: damage is an error, `outbox.unusable`. */
  readonly mode: 'skip' | 'strict';
  readonly log: Logger;
}

/** What was found damaged since the start. */
export interface DamageTotals {
  /** Stretches of bytes that were passed over. */
  readonly places: number;
  readonly bytes: number;
  /** Events that are missing there, as the ids around them tell. */
  readonly events: number;
}

interface LostRange {
  readonly first: number;
  readonly last: number;
}

/** Files in here are never recovered again. */
const KEPT_FOLDER = 'damaged';
const MAX_KEPT_FILES = 8;
const MAX_KEPT_BYTES = 256 * 1024 * 1024;
/** The totals count the others. */
const MAX_LOGGED_PLACES = 100;

/** Counts and reports what of a log is damaged, and keeps a copy of each damaged file. */
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
   * Reports a stretch once, however often it is read. Rejects with `outbox.unusable` when the mode
   * is `strict`.
   */
  async found(path: string, { at, bytes }: DamagedStretch): Promise<void> {
    this.#refuseIfStrict(`${path} is damaged at byte ${at}: ${bytes} bytes cannot be read.`);
    if (!this.#count(`${path}:${at}`, bytes)) return;
    const kept = await this.#keep(path);
    if (this.#places <= MAX_LOGGED_PLACES)
      this.#options.log.error('outbox.log-damaged', { file: path, at, bytes, kept });
  }

  /** As `found`, for a file none of which can be read: it is moved out of the log. */
  async foundWhole(path: string, bytes: number): Promise<void> {
    this.#refuseIfStrict(`${path} is damaged at byte 0: nothing of it can be read.`);
    this.#count(path, bytes);
    const kept = await this.#keep(path);
    // Without a copy the file stays where it is, and is reported again at the next start.
    if (kept !== undefined) await rm(path);
    this.#options.log.error('outbox.log-damaged', { file: path, at: 0, bytes, kept });
  }

  /** Reports a file that is not there though files before and behind it are. */
  missing(path: string): void {
    this.#refuseIfStrict(`${path} is missing, and the log has files before and behind it.`);
    this.#count(path, 0);
    this.#options.log.error('outbox.log-missing', { file: path });
  }

  /** Counts events of earlier boots that are missing. */
  lost(events: number): void {
    this.#events += events;
  }

  /**
   * Counts events of this process that are missing, by their sequences; once, however many sinks
   * miss them.
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
    const hint = 'Restore it; or set outbox.damaged to skip: what can be read is then delivered, the rest is lost.';
    throw new WsgError('outbox.unusable', message, { hint });
  }

  /** The path of the copy; undefined when none could be made. */
  async #keep(path: string): Promise<string | undefined> {
    const folder = join(this.#options.dir, KEPT_FOLDER);
    try {
      const { mtimeMs } = await stat(path);
      const copy = join(folder, `${basename(path)}-${Math.round(mtimeMs)}`);
      if (this.#kept.has(path)) return copy;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      // Not under its name at once: half a copy would pass for the whole.
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

/** Down to the bound; the newest stays whatever its size. */
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

/** Bytes of a file that are no records, with whole records behind them. */
export interface DamagedStretch {
  readonly at: number;
  readonly bytes: number;
}

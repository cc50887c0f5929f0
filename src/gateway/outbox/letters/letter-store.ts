import { link, open, rm } from 'node:fs/promises';
import { systemErrorCode, WsgError } from '../../../core/error.js';
import { FolderLock } from '../log/folder-lock.js';
import { growingPath, letterFiles, putAside, sinksWithLetters, type LetterFile } from './letter-files.js';
import { parseLetter, type DeadLetter, matches, type LetterFilter } from './letter-line.js';
import { passThrough, type LetterJudge } from './letter-pass.js';
import { readLines } from './letter-reader.js';

/** A line of a sink's dead-letter files. */
export interface FoundLetter {
  readonly sink: string;
  /** Undefined when the line is not a dead letter. */
  readonly letter: DeadLetter | undefined;
  /** Size of the line. */
  readonly bytes: number;
}

const LOCK = 'outbox-command.lock';

/** The dead letters in a folder. A gateway may add to them at any time. */
export class LetterStore {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** The sinks that have letters, in order. */
  sinks(): Promise<string[]> {
    return sinksWithLetters(this.#dir);
  }

  /**
   * The letters of a sink that match a filter, and all lines that are not dead letters. The oldest
   * file comes first.
   */
  async *letters(sink: string, filter: LetterFilter): AsyncGenerator<FoundLetter> {
    for (const { path, bytes: size } of await letterFiles(this.#dir, sink)) {
      const file = await open(path, 'r').catch(ignoreMissing);
      if (file === undefined) continue;
      try {
        for await (const { bytes: line } of readLines(file, 0, size)) {
          const letter = parseLetter(line);
          const isMeant = letter === undefined || matches(filter, letter);
          yield* isMeant ? [{ sink, letter, bytes: line.length + 1 }] : [];
        }
      } finally {
        await file.close();
      }
    }
  }

  /** Size of a sink's files together. */
  async bytes(sink: string): Promise<number> {
    return (await letterFiles(this.#dir, sink)).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * Lets a judge decide on a sink's letters, except those that a gateway adds meanwhile. Rejects
   * with `outbox.unusable` while another process does so.
   */
  async judge(sink: string, judge: LetterJudge): Promise<void> {
    const lock = await FolderLock.take(this.#dir, { name: LOCK, inUse });
    try {
      for (const { path } of await this.#take(sink)) {
        if (!judge.isOver()) await passThrough(path, judge);
      }
      await this.#putBack(sink);
    } finally {
      await lock.release();
    }
  }

  /** Puts the growing file aside and returns the files that no gateway writes to. */
  async #take(sink: string): Promise<readonly LetterFile[]> {
    const found = await letterFiles(this.#dir, sink);
    const growing = found.find(({ path }) => path === growingPath(this.#dir, sink));
    for (const { path, inode } of found) {
      // A process that was killed while putting this file back has left it under both names.
      if (path !== growing?.path && inode === growing?.inode) await rm(path);
    }
    await putAside(this.#dir, sink, Date.now());
    return letterFiles(this.#dir, sink).then((files) =>
      files.filter(({ path }) => path !== growingPath(this.#dir, sink)),
    );
  }

  /** Renames a single file that is left to the usual name, unless a gateway has begun a new one. */
  async #putBack(sink: string): Promise<void> {
    const [only, ...others] = await letterFiles(this.#dir, sink);
    const path = growingPath(this.#dir, sink);
    if (only === undefined || others.length > 0 || only.path === path) return;
    try {
      await link(only.path, path);
      await rm(only.path);
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    }
  }
}

function inUse(dir: string, pid: string): WsgError {
  return new WsgError('outbox.unusable', `Another command works on the dead letters in ${dir}: process ${pid}.`, {
    hint: 'Wait until it has ended, or stop it.',
  });
}

function ignoreMissing(error: unknown): undefined {
  if (systemErrorCode(error) !== 'ENOENT') throw error;
  return undefined;
}

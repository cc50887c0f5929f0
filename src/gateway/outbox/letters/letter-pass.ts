import { open, type FileHandle, rename, rm } from 'node:fs/promises';
import { parseLetter, type DeadLetter, letterPieces, matches, type LetterFilter } from './letter-line.js';
import { readLines, type ReadLine } from './letter-reader.js';
import { dirname } from 'node:path';
import { regularFileAt } from '../log/regular-file.js';
import { syncFolder } from '../log/log-writer.js';

/** Outcome for a letter: it stays, is removed, or is replaced by a changed one. */
export type LetterOutcome = 'keep' | 'leave-out' | DeadLetter;

/** Decides what happens to the letters of a file. */
export interface LetterJudge {
  readonly filter: LetterFilter;
  /** True to remove lines as well that are not dead letters. */
  readonly takesUnreadable: boolean;
  /** Resolves to an outcome for each letter, in order. */
  judge(letters: readonly DeadLetter[]): Promise<readonly LetterOutcome[]>;
  /** True when the work is to end here. */
  isOver(): boolean;
  /** Called with the number of bytes processed since the last call. */
  onBytes(bytes: number): void;
}

interface Entry {
  readonly line: Buffer;
  /** Offset of the next line. */
  readonly end: number;
  /** Undefined when the line is not judged. */
  readonly letter: DeadLetter | undefined;
  /** True for a line to remove that is not a dead letter. */
  readonly goes: boolean;
}

/** Most letters, and bytes of them, judged at once. */
const MAX_LETTERS = 500;
const MAX_BYTES = 1024 * 1024;
/**
 * Interval at which the file is replaced, or longer when that takes long. After a kill, decisions
 * since the last replacement are made again.
 */
const SAVED_EACH_MS = 2_000;
const SAVE_SHARE = 1 / 10;

/**
 * Goes through one file and removes the letters that the judge leaves out. The file is replaced
 * atomically, every few seconds and at the end. A process that is killed loses no letter that is
 * not dealt with.
 */
export async function passThrough(path: string, judge: LetterJudge): Promise<void> {
  let from: number | undefined = 0;
  let saveMs = 0;
  while (from !== undefined && !judge.isOver()) {
    const budgetMs = Math.max(SAVED_EACH_MS, saveMs / SAVE_SHARE);
    const file = await open(path, 'r');
    try {
      const pass: FilePass = new FilePass(file, judge, budgetMs);
      const startedAt = performance.now();
      from = await pass.run(path, from);
      saveMs = performance.now() - startedAt - pass.judgedMs;
    } finally {
      await file.close();
    }
  }
}

class FilePass {
  /** Duration of reading and judging. */
  judgedMs = 0;
  readonly #file: FileHandle;
  readonly #judge: LetterJudge;
  readonly #budgetMs: number;

  constructor(file: FileHandle, judge: LetterJudge, budgetMs: number) {
    this.#file = file;
    this.#judge = judge;
    this.#budgetMs = budgetMs;
  }

  /** Resolves to the offset at which to continue; undefined at the end. */
  async run(path: string, from: number): Promise<number | undefined> {
    const { size } = await this.#file.stat();
    if (from >= size) return undefined;
    const rewrite = await LetterRewrite.begin(path);
    try {
      await rewrite.copy(this.#file, { from: 0, end: from });
      const startedAt = performance.now();
      const done = await this.#goThrough(rewrite, from, size);
      this.judgedMs = performance.now() - startedAt;
      const restAt = await rewrite.finish(this.#file, done);
      return done >= size ? undefined : restAt;
    } catch (error) {
      await rewrite.giveUp();
      throw error;
    }
  }

  /** Resolves to the offset behind the last decision. */
  async #goThrough(rewrite: LetterRewrite, from: number, size: number): Promise<number> {
    const until = performance.now() + this.#budgetMs;
    let done = from;
    let [entries, bytes]: [Entry[], number] = [[], 0];
    for await (const line of readLines(this.#file, from, size)) {
      entries.push(this.#entry(line));
      bytes += line.bytes.length;
      if (bytes < MAX_BYTES && entries.length < MAX_LETTERS) continue;
      done = await this.#decide(entries, rewrite);
      [entries, bytes] = [[], 0];
      if (this.#judge.isOver() || performance.now() > until) return done;
    }
    return entries.length === 0 ? done : this.#decide(entries, rewrite);
  }

  #entry({ bytes: line, end, isTerminated }: ReadLine): Entry {
    const letter = parseLetter(line);
    const isMeant = letter !== undefined && matches(this.#judge.filter, letter);
    // Half a line at the end: the gateway was killed while writing it, and so will deliver the event
    // again.
    const isHalf = letter === undefined && !isTerminated;
    const goes = isHalf || (letter === undefined && this.#judge.takesUnreadable);
    return { line, end, letter: isMeant ? letter : undefined, goes };
  }

  async #decide(entries: readonly Entry[], rewrite: LetterRewrite): Promise<number> {
    const letters = entries.flatMap(({ letter }) => letter ?? []);
    const outcomes = letters.length === 0 ? [] : [...(await this.#judge.judge(letters))];
    let done = 0;
    for (const { line, end, letter, goes } of entries) {
      const outcome = letter === undefined ? unjudged(goes) : (outcomes.shift() ?? 'keep');
      if (outcome === 'keep') await rewrite.keep(line);
      else if (outcome === 'leave-out') rewrite.leaveOut();
      else await rewrite.put(outcome);
      done = end;
    }
    this.#judge.onBytes(entries.reduce((sum, { line }) => sum + line.length + 1, 0));
    return done;
  }
}

function unjudged(goes: boolean): LetterOutcome {
  return goes ? 'leave-out' : 'keep';
}

const COPY_BYTES = 1024 * 1024;

/**
 * Rewrites a file of letters: what stays is written to a new file, which replaces the old one
 * atomically.
 */
export class LetterRewrite {
  readonly #path: string;
  readonly #file: FileHandle;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #bytes = 0;
  #isChanged = false;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async begin(path: string): Promise<LetterRewrite> {
    const draft = `${path}.new`;
    await regularFileAt(draft);
    return new LetterRewrite(path, await open(draft, 'w', 0o600));
  }

  /** Copies a part of the old file. */
  async copy(old: FileHandle, { from, end }: { readonly from: number; readonly end: number }): Promise<void> {
    const buffer = Buffer.allocUnsafe(COPY_BYTES);
    for (let at = from; at < end;) {
      const { bytesRead } = await old.read(buffer, 0, Math.min(buffer.length, end - at), at);
      if (bytesRead === 0) return;
      await this.#write(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  }

  /** Writes a line unchanged. */
  async keep(line: Buffer): Promise<void> {
    await this.#write(line);
    await this.#write('\n');
  }

  /** Writes a changed letter. */
  async put(letter: DeadLetter): Promise<void> {
    this.#isChanged = true;
    for (const piece of letterPieces(letter)) await this.#write(piece);
  }

  /** Leaves out a line. */
  leaveOut(): void {
    this.#isChanged = true;
  }

  /**
   * Copies the old file from `from` on, then replaces it. Resolves to the offset at which that rest
   * begins; undefined when nothing is left.
   */
  async finish(old: FileHandle, from: number): Promise<number | undefined> {
    const restAt = this.#bytes;
    try {
      if (!this.#isChanged) return await this.#discard(from);
      await this.copy(old, { from, end: Infinity });
      await this.#flush();
      await this.#file.sync();
      await this.#file.close();
      if (this.#bytes === 0) await Promise.all([rm(this.#path), rm(`${this.#path}.new`)]);
      else await rename(`${this.#path}.new`, this.#path);
      await syncFolder(dirname(this.#path));
      return this.#bytes === 0 ? undefined : restAt;
    } catch (error) {
      await this.giveUp();
      throw error;
    }
  }

  /** Discards the new file; the old one does not change. */
  async giveUp(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await rm(`${this.#path}.new`, { force: true });
  }

  async #discard(from: number): Promise<number> {
    await this.giveUp();
    return from;
  }

  async #write(bytes: Buffer | string): Promise<void> {
    const buffer = Buffer.from(bytes);
    this.#bytes += buffer.length;
    this.#pending.push(buffer);
    this.#pendingBytes += buffer.length;
    if (this.#pendingBytes >= COPY_BYTES) await this.#flush();
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    await this.#file.appendFile(bytes);
  }
}

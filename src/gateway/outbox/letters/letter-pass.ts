import { open, type FileHandle } from 'node:fs/promises';
import { matches, type LetterFilter } from './letter-filter.js';
import { parseLetter, type DeadLetter } from './letter-line.js';
import { readLines, type ReadLine } from './letter-reader.js';
import { LetterRewrite } from './letter-rewrite.js';

/** What becomes of a letter: it stays as it is, or goes, or stays with what has changed. */
export type LetterOutcome = 'keep' | 'leave-out' | DeadLetter;

/** What decides over the letters of a file. */
export interface LetterJudge {
  readonly filter: LetterFilter;
  /** Lines that are no letters go as well. */
  readonly takesUnreadable: boolean;
  /** An outcome for each, in order. */
  judge(letters: readonly DeadLetter[]): Promise<readonly LetterOutcome[]>;
  /** No more is to be judged. */
  isOver(): boolean;
  /** Called with the bytes that have been gone through. */
  onBytes(bytes: number): void;
}

interface Entry {
  readonly line: Buffer;
  /** Where the next one begins. */
  readonly end: number;
  /** Undefined when it is not judged. */
  readonly letter: DeadLetter | undefined;
  /** No letter, and not to be kept. */
  readonly goes: boolean;
}

/** What is judged at once. */
const MAX_LETTERS = 500;
const MAX_BYTES = 1024 * 1024;
/**
 * So often a file is written anew, or more seldom where that takes long: what was decided since is
 * decided again after a kill.
 */
const SAVED_EACH_MS = 2_000;
const SAVE_SHARE = 1 / 10;

/**
 * Goes through one file and removes what the judge lets go. The file is replaced at once, each few
 * seconds and in the end: a process that is killed leaves every letter that is not gone for good.
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
  /** How long reading and judging took. */
  judgedMs = 0;
  readonly #file: FileHandle;
  readonly #judge: LetterJudge;
  readonly #budgetMs: number;

  constructor(file: FileHandle, judge: LetterJudge, budgetMs: number) {
    this.#file = file;
    this.#judge = judge;
    this.#budgetMs = budgetMs;
  }

  /** The offset at which to go on; undefined at the end. */
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

  /** The offset behind what has been decided. */
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
    // Half a line at the end: the gateway was killed while it wrote, so it did not take the event
    // as settled.
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

import { countLines, letterFiles, type LetterTotals } from './letter-files.js';

interface Counted {
  readonly bytes: number;
  readonly letters: number;
}

/**
 * How many dead letters of one sink wait in its files, whoever writes them. Reads each byte once.
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

  /** As of the last `refresh`. */
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

import { statfs } from 'node:fs/promises';
import type { Clock } from '../../../core/clock.js';

const KNOWN_FOR_MS = 1_000;

export interface FreeRoomOptions {
  readonly dir: string;
  readonly clock: Clock;
  /** Called when an answer is there that was missing or too old. */
  readonly onKnown: () => void;
}

/**
 * What a file system has left, asked for at most once a second and only when somebody wants to
 * know.
 */
export class FreeRoom {
  readonly #options: FreeRoomOptions;
  #bytes = 0;
  #knownAtMs = Number.NEGATIVE_INFINITY;
  #isAsking = false;

  constructor(options: FreeRoomOptions) {
    this.#options = options;
  }

  /** False also while it is not known. */
  has(bytes: number): boolean {
    if (this.#options.clock.now() - this.#knownAtMs < KNOWN_FOR_MS) return bytes <= this.#bytes;
    if (!this.#isAsking) void this.#ask();
    return false;
  }

  async #ask(): Promise<void> {
    const { dir, clock, onKnown } = this.#options;
    this.#isAsking = true;
    // Where it cannot be asked, writing will tell.
    this.#bytes = await freeBytes(dir).catch(() => Infinity);
    this.#isAsking = false;
    this.#knownAtMs = clock.now();
    onKnown();
  }
}

/** What the file system of `dir` has left for us; Infinity where it does not say. */
export async function freeBytes(dir: string): Promise<number> {
  const { blocks, bavail, bsize } = await statfs(dir);
  return blocks === 0 ? Infinity : bavail * bsize;
}

import { statfs } from 'node:fs/promises';
import type { Clock } from '../../../core/clock.js';

const KNOWN_FOR_MS = 1_000;

export interface FreeRoomOptions {
  readonly dir: string;
  readonly clock: Clock;
  /** Called when a new answer has arrived. */
  readonly onKnown: () => void;
}

/** Free bytes of a file system, read at most once a second and only on demand. */
export class FreeRoom {
  readonly #options: FreeRoomOptions;
  #bytes = 0;
  #knownAtMs = Number.NEGATIVE_INFINITY;
  #isAsking = false;

  constructor(options: FreeRoomOptions) {
    this.#options = options;
  }

  /** True when this many bytes are free; false while that is unknown. */
  has(bytes: number): boolean {
    if (this.#options.clock.now() - this.#knownAtMs < KNOWN_FOR_MS) return bytes <= this.#bytes;
    if (!this.#isAsking) void this.#ask();
    return false;
  }

  async #ask(): Promise<void> {
    const { dir, clock, onKnown } = this.#options;
    this.#isAsking = true;
    // If the file system does not answer, a failed write will show it.
    this.#bytes = await freeBytes(dir).catch(() => Infinity);
    this.#isAsking = false;
    this.#knownAtMs = clock.now();
    onKnown();
  }
}

/**
 * Bytes that this user may still write to the file system of `dir`; Infinity when it does not
 * report them.
 */
export async function freeBytes(dir: string): Promise<number> {
  const { blocks, bavail, bsize } = await statfs(dir);
  return blocks === 0 ? Infinity : bavail * bsize;
}

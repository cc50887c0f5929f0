import { close, closeSync, fdatasync, fsync, open, openSync, write } from 'node:fs';
import { devNull } from 'node:os';
import { promisify } from 'node:util';
import { systemErrorCode } from './error.js';

/**
 * One for a file, one for the folder that it is in, and as many again for a second writer at the
 * same moment.
 */
const HELD = 4;

const openLater = promisify(open);
const closeLater = promisify(close);
const writeLater = promisify(write);
const syncLater = promisify(fsync);
const syncDataLater = promisify(fdatasync);

/**
 * No file can be opened: this process (EMFILE) or the whole system (ENFILE) has as many open as it
 * may.
 */
export function isOutOfFiles(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'EMFILE' || code === 'ENFILE';
}

/**
 * File descriptors that are kept open so that a file can be opened when no other descriptor is
 * left. One that is given up and the file that takes its place change hands in the same tick: a
 * listener would give it to the next connection.
 */
class FileReserve {
  readonly #held: number[] = [];

  /** Fills up. */
  hold(): void {
    try {
      while (this.#held.length < HELD) this.#held.push(openSync(devNull, 'r'));
    } catch {
      // The next call fills up what is missing.
    }
  }

  /** Closes what is held. */
  release(): void {
    for (const fd of this.#held.splice(0)) closeSync(fd);
  }

  async open(path: string, flags: string, mode?: number): Promise<number> {
    try {
      return await openLater(path, flags, mode);
    } catch (error) {
      const spare = isOutOfFiles(error) ? this.#held.pop() : undefined;
      if (spare === undefined) throw error;
      closeSync(spare);
      return openSync(path, flags, mode);
    }
  }

  async close(fd: number): Promise<void> {
    if (this.#held.length === HELD) {
      await closeLater(fd);
      return;
    }
    closeSync(fd);
    this.hold();
  }
}

/** Of this process, as descriptors are; empty until something calls `hold`. */
export const fileReserve = new FileReserve();

/**
 * A file, or a folder, that can also be opened when no file descriptor is left but those of the
 * reserve.
 */
export class ReservedFile {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** As `open` of node:fs. */
  static async open(path: string, flags: string, mode?: number): Promise<ReservedFile> {
    return new ReservedFile(await fileReserve.open(path, flags, mode));
  }

  /**
   * Writes at `position` what stands in `bytes` from `start` on; resolves to how much of it was
   * written.
   */
  async write(bytes: Uint8Array, start: number, position: number): Promise<number> {
    return (await writeLater(this.#fd, bytes, start, bytes.length - start, position)).bytesWritten;
  }

  sync(): Promise<void> {
    return syncLater(this.#fd);
  }

  datasync(): Promise<void> {
    return syncDataLater(this.#fd);
  }

  /** To be called once. */
  close(): Promise<void> {
    return fileReserve.close(this.#fd);
  }
}

/**
 * The code of the reason why no further file can be opened at this moment; undefined when one can.
 */
export function whyOutOfFiles(): string | undefined {
  try {
    closeSync(openSync(devNull, 'r'));
    return undefined;
  } catch (error) {
    return isOutOfFiles(error) ? systemErrorCode(error) : undefined;
  }
}

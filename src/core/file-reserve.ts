import { close, closeSync, fdatasync, fsync, open, openSync, write } from 'node:fs';
import { devNull } from 'node:os';
import { promisify } from 'node:util';
import { systemErrorCode } from './error.js';

/**
 * Number of reserved descriptors: one for a file and one for its folder, for two writers at the
 * same time.
 */
const HELD = 4;

const openLater = promisify(open);
const closeLater = promisify(close);
const writeLater = promisify(write);
const syncLater = promisify(fsync);
const syncDataLater = promisify(fdatasync);

/**
 * Whether the limit on open files of this process (EMFILE) or of the system (ENFILE) is reached.
 */
export function isOutOfFiles(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'EMFILE' || code === 'ENFILE';
}

/**
 * File descriptors that are kept open as a reserve for when no other descriptor is left. A reserved
 * descriptor is closed and its replacement opened in the same tick; otherwise a listener would use
 * it for the next connection.
 */
class FileReserve {
  readonly #held: number[] = [];

  /** Fills up the reserve. */
  hold(): void {
    try {
      while (this.#held.length < HELD) this.#held.push(openSync(devNull, 'r'));
    } catch {
      // The next call retries.
    }
  }

  /** Closes the reserved descriptors. */
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

/** The reserve of this process; empty until `hold` is called. */
export const fileReserve = new FileReserve();

/** A file or folder that can be opened even if only the reserved file descriptors are left. */
export class ReservedFile {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Opens a file like `open` of node:fs. */
  static async open(path: string, flags: string, mode?: number): Promise<ReservedFile> {
    return new ReservedFile(await fileReserve.open(path, flags, mode));
  }

  /** Writes `bytes` from `start` on at `position`. Resolves to the number of bytes written. */
  async write(bytes: Uint8Array, start: number, position: number): Promise<number> {
    return (await writeLater(this.#fd, bytes, start, bytes.length - start, position)).bytesWritten;
  }

  sync(): Promise<void> {
    return syncLater(this.#fd);
  }

  datasync(): Promise<void> {
    return syncDataLater(this.#fd);
  }

  /** Closes the file. Must be called once only. */
  close(): Promise<void> {
    return fileReserve.close(this.#fd);
  }
}

/** The error code if no further file can be opened at the moment; otherwise undefined. */
export function whyOutOfFiles(): string | undefined {
  try {
    closeSync(openSync(devNull, 'r'));
    return undefined;
  } catch (error) {
    return isOutOfFiles(error) ? systemErrorCode(error) : undefined;
  }
}

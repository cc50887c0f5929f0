import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { regularFileAt } from '../log/regular-file.js';
import { syncFolder } from '../log/log-writer.js';
import { letterPieces, type DeadLetter } from './letter-line.js';

const COPY_BYTES = 1024 * 1024;

/**
 * Writes a file of letters anew beside it: what stays is written in order, and in the end takes the
 * old one's place at once.
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

  /** Takes a stretch of the old file as it is. */
  async copy(old: FileHandle, { from, end }: { readonly from: number; readonly end: number }): Promise<void> {
    const buffer = Buffer.allocUnsafe(COPY_BYTES);
    for (let at = from; at < end;) {
      const { bytesRead } = await old.read(buffer, 0, Math.min(buffer.length, end - at), at);
      if (bytesRead === 0) return;
      await this.#write(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  }

  /** A line as it was read. */
  async keep(line: Buffer): Promise<void> {
    await this.#write(line);
    await this.#write('\n');
  }

  /** A letter that was changed. */
  async put(letter: DeadLetter): Promise<void> {
    this.#isChanged = true;
    for (const piece of letterPieces(letter)) await this.#write(piece);
  }

  /** A line that is not written. */
  leaveOut(): void {
    this.#isChanged = true;
  }

  /**
   * Takes what the old file holds from `from` on, then the old file's place. Resolves to the offset
   * at which the rest begins, and undefined when nothing is left.
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

  /** The old file stays as it is. */
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

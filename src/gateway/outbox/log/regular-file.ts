import { stat } from 'node:fs/promises';
import { systemErrorCode, WsgError } from '../../../core/error.js';

/** What the outbox uses of a file's `stat`. */
export interface RegularFile {
  readonly inode: number;
  readonly bytes: number;
}

/**
 * Looks at a file before it is opened; undefined when it does not exist. Opening a named pipe waits
 * for its other end, without an error and without end, and a device may return bytes forever.
 * Rejects with `outbox.unusable` for everything that is neither a regular file nor a link to one.
 */
export async function regularFileAt(path: string): Promise<RegularFile | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw notRegular(path);
    return { inode: found.ino, bytes: found.size };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function notRegular(path: string): WsgError {
  return new WsgError('outbox.unusable', `${path} is not a regular file, so the outbox does not open it.`, {
    hint: 'Move it away, or choose another folder for outbox.dir or outbox.dead_letter_dir.',
  });
}

import { stat } from 'node:fs/promises';
import { systemErrorCode, WsgError } from '../../../core/error.js';

/** Inode and size of a regular file. */
export interface RegularFile {
  readonly inode: number;
  readonly bytes: number;
}

/**
 * Checks a file before it is opened; undefined when it does not exist. Opening a named pipe would
 * block until its other end is opened, and a device may return bytes forever. Rejects with
 * `outbox.unusable` for anything but a regular file or a link to one.
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
    hint: 'Remove it, or choose another folder for outbox.dir or outbox.dead_letter_dir.',
  });
}

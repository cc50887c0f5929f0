import { writeFile } from 'node:fs/promises';
import { errorMessage, systemErrorCode, WsgError } from '../../core/error.js';

/** Errors of the disk, which are not usage errors. */
const OF_DISK: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk has a fault',
};

/**
 * Writes the file of `--output`. Throws `output.failed` if the disk is full or faulty, and `usage`
 * if the path cannot be written.
 */
export async function saveText(path: string, text: string | Iterable<string>): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    const reason = OF_DISK[systemErrorCode(cause) ?? ''];
    throw new WsgError(
      reason === undefined ? 'usage' : 'output.failed',
      `--output ${path} cannot be written: ${reason ?? errorMessage(cause)}.`,
      { cause },
    );
  }
}

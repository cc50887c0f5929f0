import { writeFile } from 'node:fs/promises';
import { errorMessage, WsgError } from '../core/error.js';

/** Writes what `--output` names. Throws `usage` with the reason when it cannot be written. */
export async function saveText(path: string, text: string | Iterable<string>): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw new WsgError('usage', `${path} of --output cannot be written: ${errorMessage(cause)}.`, { cause });
  }
}

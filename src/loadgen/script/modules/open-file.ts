import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorMessage, systemErrorCode } from '../../../core/error.js';
import type { VuContext } from '../runtime/vu-context.js';
import { toArrayBuffer } from '../runtime/values.js';

/**
 * The global `open` of one virtual user: a file's text, or with `'b'` its bytes, found from the
 * folder of the file that calls it (`currentFile`). Only while the script is loaded. A file is read
 * once a thread.
 */
export function createOpen(vu: VuContext, currentFile: () => string): (path: unknown, mode?: unknown) => unknown {
  return (path, mode) => {
    if (!vu.isInit) throw new Error('open() can only be used in the init context');
    if (typeof path !== 'string' || path === '') throw new TypeError("open() can't be used with an empty filename");
    const bytes = read(vu.thread.files, resolve(dirname(currentFile()), path.replace(/^file:\/\//, '')));
    return mode === 'b' ? toArrayBuffer(bytes) : bytes.toString('utf8');
  };
}

function read(files: Map<string, Buffer>, path: string): Buffer {
  const known = files.get(path);
  if (known !== undefined) return known;
  try {
    const bytes = readFileSync(path);
    files.set(path, bytes);
    return bytes;
  } catch (error) {
    const reason = systemErrorCode(error) === 'ENOENT' ? 'no such file or directory' : errorMessage(error);
    throw new Error(`open ${path}: ${reason}`, { cause: error });
  }
}

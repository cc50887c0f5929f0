import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { errorMessage, WsgError } from '../../core/error.js';
import type { TlsFiles } from './transport.js';

/** Certificate and key in PEM, known to be readable and to belong together. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Reads both files and checks them as a pair; rejects with `tls.invalid`, naming the file at fault. */
export async function readTlsFiles(files: TlsFiles): Promise<TlsMaterial> {
  const cert = await readPem('certificate', files.certFile);
  const key = await readPem('key', files.keyFile);
  try {
    createSecureContext({ cert, key });
  } catch (thrown) {
    throw new WsgError(
      'tls.invalid',
      `The certificate ${files.certFile} and the key ${files.keyFile} cannot be used: ${errorMessage(thrown)}.`,
      { hint: 'Both must be PEM and belong together; the key must have no passphrase.', cause: thrown },
    );
  }
  return { cert, key };
}

async function readPem(what: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (thrown) {
    throw new WsgError('tls.invalid', `The ${what} file ${file} cannot be read: ${errorMessage(thrown)}.`, {
      hint: 'Check the path and the permissions of the file.',
      cause: thrown,
    });
  }
}

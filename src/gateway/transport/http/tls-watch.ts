import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { unwatchFile, watchFile } from 'node:fs';
import { errorMessage, WsgError } from '../../../core/error.js';
import type { TlsFiles } from '../transport.js';

/** Certificate and key in PEM, known to be readable and to belong together. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Reads both files and checks them as a pair; rejects with `tls.invalid`, naming the file at fault.
 */
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

/** Interval between checks of the files. */
const LOOK_EACH_MS = 5_000;
/** Wait after a change, because certificate and key are not replaced at the same moment. */
const SETTLE_MS = 500;

export interface TlsWatchOptions {
  readonly files: TlsFiles;
  /**
   * Called when a file was replaced or its contents changed, once no change followed for a moment.
   * Must not throw.
   */
  readonly onChange: () => void;
  readonly lookEachMs?: number;
  readonly settleMs?: number;
}

/**
 * Polls the files of a certificate, because notifications miss changed symbolic links and network
 * file systems.
 */
export class TlsWatch {
  readonly #options: TlsWatchOptions;
  readonly #changed: () => void;
  #settling: NodeJS.Timeout | undefined;

  constructor(options: TlsWatchOptions) {
    this.#options = options;
    this.#changed = () => {
      clearTimeout(this.#settling);
      this.#settling = setTimeout(options.onChange, options.settleMs ?? SETTLE_MS).unref();
    };
  }

  start(): void {
    const { files, lookEachMs: interval = LOOK_EACH_MS } = this.#options;
    for (const file of [files.certFile, files.keyFile]) watchFile(file, { persistent: false, interval }, this.#changed);
  }

  stop(): void {
    const { files } = this.#options;
    for (const file of [files.certFile, files.keyFile]) unwatchFile(file, this.#changed);
    clearTimeout(this.#settling);
  }
}

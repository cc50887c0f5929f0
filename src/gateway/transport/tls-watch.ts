import { unwatchFile, watchFile } from 'node:fs';
import type { TlsFiles } from './transport.js';

/** How often the files are looked at. */
const LOOK_EACH_MS = 5_000;
/** Certificate and key are not replaced in one moment. */
const SETTLE_MS = 500;

export interface TlsWatchOptions {
  readonly files: TlsFiles;
  /** Called when a file has become another one or has other contents, once it has been still for a moment. Must not throw. */
  readonly onChange: () => void;
  readonly lookEachMs?: number;
  readonly settleMs?: number;
}

/** Looks at the files of a certificate again and again: notifications miss symbolic links that are turned elsewhere, and network file systems. */
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

import { fileReserve, whyOutOfFiles } from '../../core/file-reserve.js';
import { openFileLimit } from '../../core/open-files.js';
import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';

const LOOK_EACH_MS = 1_000;
/** Repeated shortages within this time are logged once. */
const TOLD_EACH_MS = 60_000;

/**
 * Keeps the file reserve full, and logs the beginning and the end of a shortage of file
 * descriptors: during it the kernel rejects new connections without the server's notice.
 */
export class OpenFilesWatch {
  readonly #log: Logger;
  readonly #clock: Clock;
  /** Read at the start, because reading opens a file. */
  readonly #openFiles = openFileLimit();
  #cancel: (() => void) | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;
  #isTold = false;

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  start(): void {
    fileReserve.hold();
    this.#cancel = this.#clock.schedule(() => {
      this.#look();
      this.start();
    }, LOOK_EACH_MS);
  }

  /** Releases the reserve. Idempotent. */
  stop(): void {
    this.#cancel?.();
    fileReserve.release();
  }

  #look(): void {
    const code = whyOutOfFiles();
    if (code === undefined) {
      if (this.#isTold) this.#log.info('gateway.files-free', {});
      this.#isTold = false;
    } else if (!this.#isTold && this.#clock.now() - this.#toldAt >= TOLD_EACH_MS) {
      this.#isTold = true;
      this.#toldAt = this.#clock.now();
      const hint = 'new connections are rejected, open ones continue; raise the limit with ulimit -n';
      this.#log.error('gateway.files-exhausted', { code, openFiles: this.#openFiles, hint });
    }
  }
}

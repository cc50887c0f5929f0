import type { Clock } from '../../../core/clock.js';

const LOOK_EACH_MS = 1_000;
const SILENT_LOOKS = 4;

export interface SilenceWatchDeps {
  readonly clock: Clock;
  /** Asks the peer for an answer. */
  readonly ping: () => void;
  /** Changes whenever something arrives. */
  readonly progress: () => number;
  /** Called once, with a reason for the log. */
  readonly silent: (reason: string) => void;
}

/**
 * Finds a connection on which nothing arrives although a ping is sent each second: one that was cut
 * without a word, in one direction or both. It counts looks and not time, because a process that
 * was stopped for some seconds has not read yet what is waiting for it.
 */
export class SilenceWatch {
  readonly #deps: SilenceWatchDeps;
  #cancel: () => void = () => undefined;
  #seen = 0;
  #silentLooks = 0;

  constructor(deps: SilenceWatchDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#seen = this.#deps.progress();
    this.#deps.ping();
    this.#schedule();
  }

  stop(): void {
    this.#cancel();
  }

  #schedule(): void {
    this.#cancel = this.#deps.clock.schedule(() => this.#look(), LOOK_EACH_MS);
  }

  #look(): void {
    const progress = this.#deps.progress();
    this.#silentLooks = progress === this.#seen ? this.#silentLooks + 1 : 0;
    this.#seen = progress;
    if (this.#silentLooks >= SILENT_LOOKS) {
      this.#deps.silent(`nothing came from it for ${(SILENT_LOOKS * LOOK_EACH_MS) / 1000} s`);
      return;
    }
    this.#deps.ping();
    this.#schedule();
  }
}

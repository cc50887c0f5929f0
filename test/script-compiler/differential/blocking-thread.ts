import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';

interface Answer {
  readonly id: number;
  readonly lines: string[];
}

/** A thread that runs scripts unmodified, with functions that block the thread. */
export class BlockingThread {
  readonly #worker = new Worker(new URL('blocking-worker.mjs', import.meta.url));
  readonly #waiting = new Map<number, (lines: string[]) => void>();
  #lastId = 0;

  constructor() {
    this.#worker.on('message', ({ id, lines }: Answer) => {
      this.#waiting.get(id)?.(lines);
      this.#waiting.delete(id);
    });
  }

  /** Returns the log lines of the script when these exports are called in turn. */
  async run(path: string, calls: readonly string[]): Promise<string[]> {
    const built = await build({
      entryPoints: [path],
      bundle: true,
      write: false,
      format: 'cjs',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      external: ['k6', 'k6/*'],
    });
    this.#lastId += 1;
    const id = this.#lastId;
    const lines = new Promise<string[]>((resolve) => this.#waiting.set(id, resolve));
    this.#worker.postMessage({ id, code: built.outputFiles[0]?.text, calls });
    return lines;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

import type { IterationSource } from './iteration-source.js';

/** k6's shared-iterations: one pool, faster virtual users take more of it. */
export class SharedIterations implements IterationSource {
  readonly total: number;
  private remaining: number;

  constructor(iterations: number) {
    this.total = iterations;
    this.remaining = iterations;
  }

  take(): boolean {
    if (this.remaining === 0) return false;
    this.remaining -= 1;
    return true;
  }
}

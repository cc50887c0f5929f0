import type { IterationSource } from './iteration-source.js';

/** k6's per-vu-iterations: the same number of iterations for each virtual user. */
export class PerVuIterations implements IterationSource {
  readonly total: number;
  private readonly taken = new Map<number, number>();

  constructor(
    private readonly iterations: number,
    vus: number,
  ) {
    this.total = iterations * vus;
  }

  take(vu: number): boolean {
    const taken = this.taken.get(vu) ?? 0;
    if (taken >= this.iterations) return false;
    this.taken.set(vu, taken + 1);
    return true;
  }
}

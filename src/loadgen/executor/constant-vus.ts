import type { IterationSource } from './iteration-source.js';

/** k6's constant-vus: iterations without limit; the time alone ends them. */
export class ConstantVus implements IterationSource {
  readonly total = undefined;

  take(): boolean {
    return true;
  }
}

import { errorMessage, WsgError } from '../../core/error.js';

/** What came of one check. */
export interface CheckResult {
  readonly name: string;
  /**
   * `failed`: a start fails, or a required backend is away. `warning`: the gateway starts and runs,
   * but not as it may be meant.
   */
  readonly level: 'ok' | 'warning' | 'failed';
  /** One sentence, without credentials. */
  readonly detail: string;
  readonly hint?: string;
}

/** A check that did not go well. Errors of the catalogue bring their hint along. */
export function unwell(name: string, level: 'warning' | 'failed', thrown: unknown): CheckResult {
  const detail = errorMessage(thrown);
  return thrown instanceof WsgError && thrown.hint !== undefined
    ? { name, level, detail, hint: thrown.hint }
    : { name, level, detail };
}

import { errorMessage, WsgError } from '../../core/error.js';

/** The result of one check. */
export interface CheckResult {
  readonly name: string;
  /**
   * `failed`: a start fails, or a required backend is away. `warning`: the gateway starts, but may
   * not behave as intended.
   */
  readonly level: 'ok' | 'warning' | 'failed';
  /** One sentence, without credentials. */
  readonly detail: string;
  readonly hint?: string;
}

/** A check with a problem. Errors of the catalogue provide their hint. */
export function unwell(name: string, level: 'warning' | 'failed', thrown: unknown): CheckResult {
  const detail = errorMessage(thrown);
  return thrown instanceof WsgError && thrown.hint !== undefined
    ? { name, level, detail, hint: thrown.hint }
    : { name, level, detail };
}

import { WsgError } from '../../../core/error.js';

/** An error that holds every problem of a script: each a sentence that begins with file, line and column. */
export function scriptInvalid(problems: readonly string[], cause?: unknown): WsgError {
  const [first] = problems;
  const message = problems.length === 1 && first !== undefined ? first : `The script has ${problems.length} problems`;
  return new WsgError('script.invalid', message, { problems: problems.length === 1 ? [] : problems, cause });
}

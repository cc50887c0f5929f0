import { WsgError } from '../../core/error.js';

/** The result of reading an option: a value, or all its problems. */
export type Read<T> = { readonly value: T } | { readonly problems: readonly string[] };

/** The value, or every problem when there is any. */
export function asRead<T>(value: T, problems: readonly string[]): Read<T> {
  return problems.length > 0 ? { problems } : { value };
}

export function problemsOf(read: Read<unknown>): readonly string[] {
  return 'problems' in read ? read.problems : [];
}

/** Returns the value, or throws `options.invalid` with all problems. */
export function valueOf<T>(read: Read<T>): T {
  if ('problems' in read) throw invalidOptions(read.problems);
  return read.value;
}

/** One error of all problems: a single one is its sentence, several are listed. */
export function invalidOptions(problems: readonly string[]): WsgError {
  const hint = '`wsg loadtest --help` shows the options and their forms.';
  const [only, ...others] = problems;
  if (only !== undefined && others.length === 0) return new WsgError('options.invalid', only, { hint });
  return new WsgError('options.invalid', `${problems.length} options are not usable:`, { problems, hint });
}

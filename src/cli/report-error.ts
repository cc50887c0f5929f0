import { errorMessage, systemErrorCode, WsgError } from '../core/error.js';
import { type ExitCode, exitCodeOfError } from './exit-code.js';
import type { Output } from './output.js';

/** How an error is to be shown. */
export interface ErrorForm {
  /** Also one JSON object on standard output, where a program waits for one. */
  readonly json: boolean;
  /** Prints the stack of a defect; without it only its message and how to see more. */
  readonly showStack: boolean;
}

/** Prints an error for people on standard error, and with `json` for programs on standard output. Gives the exit code. */
export function reportError(failure: unknown, output: Output, form: ErrorForm): ExitCode {
  const thrown = explain(failure);
  const exitCode = exitCodeOfError(thrown);
  output.stderr.write(errorText(thrown, form));
  if (form.json) output.stdout.write(`${JSON.stringify({ error: errorRecord(thrown, exitCode) })}\n`);
  return exitCode;
}

/** Running out of files can strike anywhere, the loading of our own code included. */
function explain(thrown: unknown): unknown {
  if (thrown instanceof WsgError || systemErrorCode(thrown) !== 'EMFILE') return thrown;
  return new WsgError('open-files.too-few', 'This process has as many files open as it may.', {
    hint: 'Raise the limit: ulimit -n 20000',
    cause: thrown,
  });
}

function errorText(thrown: unknown, form: ErrorForm): string {
  if (!(thrown instanceof WsgError)) return defectText(thrown, form);
  const problems = thrown.problems.map((problem) => `  - ${problem}\n`);
  const hint = thrown.hint === undefined ? '' : `${thrown.hint}\n`;
  return `Error: ${thrown.message}\n${problems.join('')}${hint}`;
}

function defectText(thrown: unknown, form: ErrorForm): string {
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  const more = form.showStack ? `${stack ?? ''}\n` : 'Set DEBUG=wsg to see where it comes from.\n';
  return `Error: ${errorMessage(thrown)}\nThis is a defect in wsg itself. ${more}`;
}

function errorRecord(thrown: unknown, exitCode: ExitCode): Readonly<Record<string, unknown>> {
  if (!(thrown instanceof WsgError)) return { code: 'internal', message: errorMessage(thrown), exitCode };
  return { code: thrown.code, message: thrown.message, problems: thrown.problems, hint: thrown.hint, exitCode };
}

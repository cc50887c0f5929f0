import { WsgError, errorMessage, systemErrorCode } from '../core/error.js';
import { nearestName } from '../core/nearest-name.js';
import { exitCodeOfError, type ExitCode } from './exit-code.js';
import type { LogLine } from './log-line.js';
import type { Output } from './output.js';

/** Whether oclif threw this error: an invalid flag or argument, or an unknown command. */
export function isOclifError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'oclif' in thrown;
}

/**
 * Converts oclif's error about an unknown command; `commands` are the candidates for a suggestion.
 */
export function unknownCommand(error: Error, commands: readonly string[]): WsgError {
  const [, id] = /^command (.+) not found$/.exec(error.message) ?? [];
  if (id === undefined) return usageError(error, undefined);
  const name = id.replaceAll(':', ' ');
  const nearest = nearestName(name, commands);
  const hint = '`wsg --help` lists the commands.';
  return new WsgError('usage', `wsg has no command '${name}'.`, {
    hint: nearest === undefined ? hint : `Did you mean \`wsg ${nearest}\`? ${hint}`,
    cause: error,
  });
}

/**
 * Converts an error of oclif. Its first line becomes the message, further lines become problems,
 * and its hint is replaced.
 */
export function usageError(error: Error, commandId: string | undefined): WsgError {
  const lines = error.message.split('\n').map((line) => line.trim());
  const [sentence = '', ...problems] = lines.filter((line) => line !== '' && line !== 'See more help with --help');
  const command = commandId === undefined ? 'wsg' : `wsg ${commandId}`;
  return new WsgError('usage', sentence, {
    problems,
    hint: `\`${command.replaceAll(':', ' ')} --help\` shows the available flags.`,
    cause: error,
  });
}

/** Options for showing an error. */
export interface ErrorForm {
  /** Whether to print a JSON object on standard output as well. */
  readonly json: boolean;
  /** Whether to print the stack of a defect, and not only its message. */
  readonly showStack: boolean;
  /** Receives the error as a log line, instead of standard error. */
  readonly log?: (line: LogLine) => void;
}

/** Text of an error for users. */
interface ShownError {
  readonly message: string;
  /** One line each. */
  readonly problems: readonly string[];
  readonly hint: string | undefined;
}

/**
 * Prints an error for users on standard error or to a log, and with `json` for programs on standard
 * output. Returns the exit code.
 */
export function reportError(failure: unknown, output: Output, form: ErrorForm): ExitCode {
  const thrown = explain(failure);
  const exitCode = exitCodeOfError(thrown);
  const shown = thrown instanceof WsgError ? thrown : showDefect(thrown, form);
  const lines = [shown.message, ...shown.problems.map((problem) => `  - ${problem}`)].join('\n');
  if (form.log === undefined)
    output.stderr.write(`Error: ${lines}\n${shown.hint === undefined ? '' : `${shown.hint}\n`}`);
  else form.log({ level: 'error', text: lines, ...(shown.hint !== undefined && { hint: shown.hint }) });
  if (form.json) output.stdout.write(`${JSON.stringify({ error: errorRecord(thrown, exitCode) })}\n`);
  return exitCode;
}

/** Translates EMFILE, which can occur anywhere, even while loading code. */
function explain(thrown: unknown): unknown {
  if (thrown instanceof WsgError || systemErrorCode(thrown) !== 'EMFILE') return thrown;
  return new WsgError('open-files.too-few', 'The limit on open files of this process is reached.', {
    hint: 'Raise the limit: ulimit -n 20000',
    cause: thrown,
  });
}

function showDefect(thrown: unknown, form: ErrorForm): ShownError {
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  const more = form.showStack ? (stack ?? '') : 'Set DEBUG=wsg to see where it comes from.';
  return { message: errorMessage(thrown), problems: [], hint: `This is a defect in wsg itself. ${more}` };
}

function errorRecord(thrown: unknown, exitCode: ExitCode): Readonly<Record<string, unknown>> {
  if (!(thrown instanceof WsgError)) return { code: 'internal', message: errorMessage(thrown), exitCode };
  return { code: thrown.code, message: thrown.message, problems: thrown.problems, hint: thrown.hint, exitCode };
}

import { WsgError, errorMessage, systemErrorCode } from '../core/error.js';
import { nearestName } from '../core/nearest-name.js';
import { exitCodeOfError, type ExitCode } from './exit-code.js';
import type { LogLine } from './log-line.js';
import type { Output } from './output.js';

/**
 * Whether oclif itself threw this: a flag or argument that it could not parse, or a command that it
 * could not find.
 */
export function isOclifError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'oclif' in thrown;
}

/**
 * A command that oclif did not find, as one of our errors; `commands` are what may have been meant.
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
 * oclif's error as one of ours. Its first line is the sentence, the further ones are problems; its
 * own hint gives way to ours.
 */
export function usageError(error: Error, commandId: string | undefined): WsgError {
  const lines = error.message.split('\n').map((line) => line.trim());
  const [sentence = '', ...problems] = lines.filter((line) => line !== '' && line !== 'See more help with --help');
  const command = commandId === undefined ? 'wsg' : `wsg ${commandId}`;
  return new WsgError('usage', sentence, {
    problems,
    hint: `\`${command.replaceAll(':', ' ')} --help\` shows what there is.`,
    cause: error,
  });
}

/** How an error is to be shown. */
export interface ErrorForm {
  /** Also one JSON object on standard output, where a program waits for one. */
  readonly json: boolean;
  /** Prints the stack of a defect; without it only its message and how to see more. */
  readonly showStack: boolean;
  /** Takes the error as a line of a log, in place of standard error. */
  readonly log?: (line: LogLine) => void;
}

/** What people read of an error. */
interface ShownError {
  readonly message: string;
  /** One line each. */
  readonly problems: readonly string[];
  readonly hint: string | undefined;
}

/**
 * Prints an error for people on standard error or to a log, and with `json` for programs on
 * standard output. Gives the exit code.
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

/** Running out of files can strike anywhere, the loading of our own code included. */
function explain(thrown: unknown): unknown {
  if (thrown instanceof WsgError || systemErrorCode(thrown) !== 'EMFILE') return thrown;
  return new WsgError('open-files.too-few', 'This process has as many files open as it may.', {
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

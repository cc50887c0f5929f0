import { appendFileSync, closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorMessage, systemErrorCode, WsgError } from '../../core/error.js';
import type { ScriptLogLevel } from '../../loadgen/index.js';
import type { LoadtestFlags } from './run-flags.js';
import { LOG_FORMATS, type LineFormat, type LogLine, renderLogLine } from '../log-line.js';

/** Destination, level and format of log lines. */
export interface LogOptions {
  readonly level: ScriptLogLevel;
  /** Undefined: the short form on a terminal, logfmt elsewhere. */
  readonly format: LineFormat | undefined;
  readonly output: LogOutput;
  /** File of scripts' console output. */
  readonly consolePath: string | undefined;
}

type LogOutput =
  | { readonly type: 'stderr' | 'stdout' | 'none' }
  | { readonly type: 'file'; readonly path: string; readonly level: ScriptLogLevel | undefined };

const LEVELS: readonly ScriptLogLevel[] = ['debug', 'info', 'warning', 'error'];
/** k6's names of levels, with some that wsg never writes. */
const LEVEL_NAMES: Readonly<Record<string, ScriptLogLevel>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warning',
  warning: 'warning',
  error: 'error',
  fatal: 'error',
  panic: 'error',
};

/**
 * Reads the log options from flags, then `WSG_*`, then `K6_*` variables. Throws `options.invalid`
 * with all problems.
 */
export function readLogOptions(flags: LoadtestFlags, env: Readonly<NodeJS.ProcessEnv>): LogOptions {
  const problems: string[] = [];
  const fromEnvironment = (key: string): string | undefined =>
    [env[`WSG_${key}`], env[`K6_${key}`]].find((text) => text !== undefined && text !== '');
  const format = readFormat(flags['log-format'] ?? fromEnvironment('LOG_FORMAT'), problems);
  const output = readOutput(flags['log-output'] ?? fromEnvironment('LOG_OUTPUT') ?? 'stderr', problems);
  if (flags.json === true && output.type === 'stdout') {
    problems.push('log-output: stdout carries the one JSON object of --json; log to stderr or to file=PATH');
  }
  if (problems.length > 0) throw new WsgError('options.invalid', 'The log options are invalid.', { problems });
  const level = flags.verbose === true ? 'debug' : 'info';
  return { level, format, output, consolePath: flags['console-output'] ?? fromEnvironment('CONSOLE_OUTPUT') };
}

/** The log before the command line has been read. */
export const DEFAULT_LOG: LogOptions = {
  level: 'info',
  format: undefined,
  output: { type: 'stderr' },
  consolePath: undefined,
};

/** The log format of a command line that may have errors elsewhere. */
export function typedLogFormat(argv: readonly string[], env: Readonly<NodeJS.ProcessEnv>): LineFormat | undefined {
  const at = argv.findIndex((argument) => /^--log-format(=|$)/.test(argument));
  const typed = at < 0 ? undefined : (/=(.*)$/.exec(argv[at] ?? '')?.[1] ?? argv[at + 1]);
  const text = [typed, env.WSG_LOG_FORMAT, env.K6_LOG_FORMAT].find((given) => given !== undefined && given !== '');
  return LOG_FORMATS.find((name) => name === text);
}

function readFormat(text: string | undefined, problems: string[]): LineFormat | undefined {
  // k6's name of its own form.
  if (text === undefined || text === 'text') return undefined;
  const format = LOG_FORMATS.find((name) => name === text);
  if (format === undefined) problems.push(`log-format: '${text}' must be one of ${LOG_FORMATS.join(', ')}`);
  return format;
}

function readOutput(text: string, problems: string[]): LogOutput {
  const [type, ...settings] = text.split(',');
  if (type === 'stderr' || type === 'stdout' || type === 'none') return { type };
  const path = /^file=(.+)$/s.exec(type ?? '')?.[1];
  if (path !== undefined) return { type: 'file', path, level: readLevel(settings, problems) };
  const why = text.startsWith('loki')
    ? 'wsg does not send logs to Loki; write file=PATH and let an agent of Loki read it'
    : `'${text}' must be one of stderr, stdout, none, file=PATH[,level=LEVEL]`;
  problems.push(`log-output: ${why}`);
  return { type: 'none' };
}

function readLevel(settings: readonly string[], problems: string[]): ScriptLogLevel | undefined {
  let level: ScriptLogLevel | undefined;
  for (const setting of settings) {
    const name = /^level=(.*)$/.exec(setting)?.[1];
    level = name === undefined ? undefined : LEVEL_NAMES[name];
    if (name === undefined) problems.push(`log-output: '${setting}' must be level=LEVEL`);
    else if (level === undefined) problems.push(`log-output: level '${name}' must be one of ${LEVELS.join(', ')}`);
  }
  return level;
}

/** The streams of log lines that go to no file, and the time for their form on a terminal. */
export interface LogOutlets {
  readonly stderr: { readonly isTerminal: boolean; write(text: string): void };
  readonly stdout: { readonly isTerminal: boolean; write(text: string): void };
  readonly elapsedMs: () => number;
}

/**
 * The log of a load test: scripts' console output, warnings, errors and the output of a spawned
 * server, all in one format.
 */
export class LoadLog {
  readonly #options: LogOptions;
  readonly #outlets: LogOutlets;
  readonly #file: LogFile | undefined;
  readonly #console: LogFile | undefined;

  /** Throws `output.failed` when a file cannot be opened. */
  constructor(options: LogOptions, outlets: LogOutlets) {
    this.#options = options;
    this.#outlets = outlets;
    const failed = (sentence: string): void => outlets.stderr.write(this.#render(warning(sentence), 'stderr'));
    this.#file = options.output.type === 'file' ? new LogFile('log-output', options.output.path, failed) : undefined;
    this.#console =
      options.consolePath === undefined ? undefined : new LogFile('console-output', options.consolePath, failed);
  }

  write(line: LogLine): void {
    if (!isShown(line.level, this.#options.level)) return;
    if (line.source === 'console' && this.#console !== undefined) {
      const { source: _named, ...rest } = line;
      this.#console.write(this.#render(rest, 'file'));
      return;
    }
    this.#writeTo(this.#options.output, line);
  }

  close(): void {
    this.#file?.close();
    this.#console?.close();
  }

  #writeTo(output: LogOutput, line: LogLine): void {
    if (output.type === 'none') return;
    if (output.type !== 'file') this.#outlets[output.type].write(this.#render(line, output.type));
    else if (isShown(line.level, output.level ?? 'debug')) this.#file?.write(this.#render(line, 'file'));
  }

  #render(line: LogLine, to: 'file' | 'stderr' | 'stdout'): string {
    const ownFormat = to !== 'file' && this.#outlets[to].isTerminal ? 'terminal' : 'logfmt';
    const moment = { elapsedMs: this.#outlets.elapsedMs(), at: new Date() };
    return renderLogLine(line, this.#options.format ?? ownFormat, moment);
  }
}

/** A warning as a line of the log. */
export function warning(text: string): LogLine {
  return { level: 'warning', text };
}

function isShown(level: ScriptLogLevel, least: ScriptLogLevel): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

/** A file that lines are appended to at once. A failed write is reported once and ends it. */
class LogFile {
  readonly #path: string;
  readonly #failed: (sentence: string) => void;
  #descriptor: number | undefined;

  constructor(option: string, path: string, failed: (sentence: string) => void) {
    this.#path = path;
    this.#failed = failed;
    try {
      this.#descriptor = openSync(path, 'a', 0o644);
    } catch (cause) {
      const why = systemErrorCode(cause) === 'ENOENT' ? `the folder ${dirname(path)} does not exist` : undefined;
      throw new WsgError('output.failed', `${option}: ${path} cannot be opened: ${why ?? errorMessage(cause)}`, {
        cause,
      });
    }
  }

  write(text: string): void {
    if (this.#descriptor === undefined) return;
    try {
      appendFileSync(this.#descriptor, text);
    } catch (error) {
      this.close();
      this.#failed(`${this.#path} is not written any further: ${errorMessage(error)}`);
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

import { systemErrorCode } from '../core/error.js';
import { EXIT_CODE } from './exit-code.js';

/** An output stream of a process for commands. */
export interface TextSink {
  readonly isTerminal: boolean;
  /** Whether output can be overwritten: a terminal, and not `TERM=dumb`. */
  readonly canRedraw: boolean;
  /** Whether to use colours: a terminal, and neither NO_COLOR nor `TERM=dumb`. */
  readonly useColor: boolean;
  /** Width of the terminal; without one, enough for the widest table. */
  readonly columns: number;
  /** Height of the terminal; without one, infinite. */
  readonly rows: number;
  /** Writes the text without adding a newline. Does nothing after the reader has gone. */
  write(text: string): void;
}

/** Output streams of a command: results go to `stdout`, everything else to `stderr`. */
export interface Output {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
}

const TERMINAL_COLUMNS = 80;
const PIPE_COLUMNS = 160;
const TERMINAL_ROWS = 24;
/**
 * Limit on buffered progress, and lines of a spawned gateway, for a stalled reader. Results are
 * never dropped.
 */
const MAX_WAITING_PROGRESS_BYTES = 8 * 1024 * 1024;

interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly writableLength?: number;
  write(text: string): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/**
 * The streams of this process. A reader that closes its end early (`| head -1`) does not cause an
 * error.
 */
export function processOutput(env: NodeJS.ProcessEnv = process.env): Output {
  const stderr = createTextSink(process.stderr, env, { maxWaitingBytes: MAX_WAITING_PROGRESS_BYTES });
  // Removes oclif's listener, which throws all errors other than EPIPE before other listeners are
  // called.
  process.stdout.removeAllListeners('error');
  return { stdout: createTextSink(process.stdout, env, { failed: failOutput }), stderr };
}

/**
 * Reports results that could not be written. The exit code is not 0, unless the command already
 * ends with another error.
 */
function failOutput(error: Error): void {
  process.stderr.write(`Error: standard output cannot be written: ${reasonOf(error)}.\n`);
  process.once('exit', (code) => {
    if (code === EXIT_CODE.ok) process.exitCode = EXIT_CODE.cannotStart;
  });
}

function reasonOf(error: Error): string {
  switch (systemErrorCode(error)) {
    case 'ENOSPC':
      return 'the disk is full';
    case 'EDQUOT':
      return 'the disk quota is used up';
    default:
      return error.message;
  }
}

interface TextSinkOptions {
  /** Text is dropped while more bytes than this are buffered. */
  readonly maxWaitingBytes?: number;
  /** Called once with the error that prevents further writing; without it the error is thrown. */
  readonly failed?: (error: Error) => void;
}

/** Creates a sink for a stream; exported for tests. */
export function createTextSink(
  stream: TextStream,
  env: NodeJS.ProcessEnv,
  { maxWaitingBytes = Number.POSITIVE_INFINITY, failed }: TextSinkOptions = {},
): TextSink {
  const isTerminal = stream.isTTY === true;
  const canRedraw = isTerminal && env.TERM !== 'dumb';
  let hasReader = true;
  stream.on('error', (error) => {
    const isGone = systemErrorCode(error) === 'EPIPE';
    if (!isGone && failed === undefined) throw error;
    if (!isGone && hasReader) failed?.(error);
    hasReader = false;
  });
  return {
    isTerminal,
    canRedraw,
    useColor: canRedraw && (env.NO_COLOR ?? '') === '',
    get columns() {
      // A terminal of unknown size has 0 columns.
      if (stream.columns !== undefined && stream.columns > 0) return stream.columns;
      return isTerminal ? TERMINAL_COLUMNS : PIPE_COLUMNS;
    },
    get rows() {
      if (stream.rows !== undefined && stream.rows > 0) return stream.rows;
      return isTerminal ? TERMINAL_ROWS : Number.POSITIVE_INFINITY;
    },
    write: (text) => {
      if (hasReader && (stream.writableLength ?? 0) < maxWaitingBytes) stream.write(text);
    },
  };
}

import { systemErrorCode } from '../core/error.js';
import { EXIT_CODE } from './exit-code.js';

/** One of the two streams of a process, as commands see it. */
export interface TextSink {
  readonly isTerminal: boolean;
  /** Whether what was written can be drawn over: a terminal, and not `TERM=dumb`. */
  readonly canRedraw: boolean;
  /** Whether colours may be written: a terminal, and neither NO_COLOR nor `TERM=dumb`. */
  readonly useColor: boolean;
  /** Width of the terminal; where there is none, wide enough for every table in its widest form. */
  readonly columns: number;
  /** Height of the terminal; where there is none, endless. */
  readonly rows: number;
  /**
   * Writes the text as it is, without a newline of its own. After the reader has gone it does
   * nothing.
   */
  write(text: string): void;
}

/** Where a command writes: results to `stdout`, everything else to `stderr`. */
export interface Output {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
}

const TERMINAL_COLUMNS = 80;
const PIPE_COLUMNS = 160;
const TERMINAL_ROWS = 24;
/**
 * Progress, and the lines of a spawned gateway, do not pile up for a reader that has stopped.
 * Results are never dropped.
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

/** The streams of this process. A reader that closes its end early (`| head -1`) is no error. */
export function processOutput(env: NodeJS.ProcessEnv = process.env): Output {
  const stderr = createTextSink(process.stderr, env, { maxWaitingBytes: MAX_WAITING_PROGRESS_BYTES });
  // The listener of oclif throws whatever is no EPIPE, before anybody else hears of it.
  process.stdout.removeAllListeners('error');
  return { stdout: createTextSink(process.stdout, env, { failed: failOutput }), stderr };
}

/**
 * Results that could not be written are an error of its own, unless the command ends with a worse
 * one anyway.
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
  /** What is written while so many bytes wait for the reader is dropped. */
  readonly maxWaitingBytes?: number;
  /** Hears once why nothing can be written any more; without it such an error is thrown. */
  readonly failed?: (error: Error) => void;
}

/** A sink over a stream, exported for its test. */
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
      // A terminal that nobody told its size has 0 columns.
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

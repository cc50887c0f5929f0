import type { Output, TextSink } from '../../src/cli/output.js';

/** A text sink that keeps what is written to it. */
export interface RecordingSink extends TextSink {
  readonly text: () => string;
}

/** An output that keeps what is written to each stream. */
export interface RecordingOutput extends Output {
  readonly stdout: RecordingSink;
  readonly stderr: RecordingSink;
}

interface TerminalOptions {
  readonly isTerminal?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Both streams are pipes unless `options` make them terminals. */
export function recordingOutput(options: TerminalOptions = {}): RecordingOutput {
  return { stdout: recordingSink(options), stderr: recordingSink(options) };
}

function recordingSink(options: TerminalOptions): RecordingSink {
  const pieces: string[] = [];
  return {
    isTerminal: options.isTerminal ?? false,
    canRedraw: options.isTerminal ?? false,
    useColor: false,
    columns: options.columns ?? 80,
    rows: options.rows ?? 24,
    write: (text) => {
      pieces.push(text);
    },
    text: () => pieces.join(''),
  };
}

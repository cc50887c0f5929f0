/** k6's log levels. */
export type ScriptLogLevel = 'debug' | 'info' | 'warning' | 'error';

/** One line of a script's log. */
export interface ScriptLogLine {
  readonly level: ScriptLogLevel;
  readonly text: string;
  /** k6's field `source`: `console`, `stacktrace`. */
  readonly source?: string;
  /** The error, if the text only describes the attempt. */
  readonly error?: string;
  /** k6's fields for a failed iteration. */
  readonly executor?: string;
  readonly scenario?: string;
  /** Further fields of k6. */
  readonly fields?: Readonly<Record<string, string | number>>;
}

/** Takes the lines that scripts write, and lines about scripts. */
export interface ScriptLog {
  write(line: ScriptLogLine): void;
}

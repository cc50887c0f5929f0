/** k6's log levels. */
export type ScriptLogLevel = 'debug' | 'info' | 'warning' | 'error';

/** One line of a script's log. */
export interface ScriptLogLine {
  readonly level: ScriptLogLevel;
  readonly text: string;
  /** k6's field `source`: `console`, `stacktrace`. */
  readonly source?: string;
  /** What went wrong, where the text says what was tried. */
  readonly error?: string;
  /** k6's fields of a failed iteration. */
  readonly executor?: string;
  readonly scenario?: string;
  /** Further fields of k6's. */
  readonly fields?: Readonly<Record<string, string | number>>;
}

/** Takes the lines that scripts write, and those that are written about them. */
export interface ScriptLog {
  write(line: ScriptLogLine): void;
}

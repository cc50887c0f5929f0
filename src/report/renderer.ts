import type { Run } from '../run-file/records.js';

export interface ReportOptions {
  readonly colour: boolean;
  /** Width of the terminal. */
  readonly columns: number;
}

/** Makes a text of a run; it ends in a newline. */
export interface Renderer {
  render(run: Run, options: ReportOptions): string;
}

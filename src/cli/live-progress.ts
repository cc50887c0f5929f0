import { stripVTControlCharacters } from 'node:util';
import { textWidth } from '../summary/terminal/text-width.js';
import type { TextSink } from './output.js';

/** Shows the progress of slow work as one line on a terminal; shows nothing elsewhere. */
export class ShareProgress {
  #shown = -1;

  readonly #stream: TextSink;
  readonly #doing: string;

  /** `doing` is the text before the percentage. */
  constructor(stream: TextSink, doing: string) {
    this.#stream = stream;
    this.#doing = doing;
  }

  /** Shows a share from 0 to 1. */
  show(share: number): void {
    const percent = Math.min(99, Math.floor(share * 100));
    if (!this.#stream.canRedraw || percent <= this.#shown) return;
    this.#shown = percent;
    this.#stream.write(`\r${this.#doing} ${percent} %`);
  }

  /** Removes the line. */
  end(): void {
    if (this.#shown >= 0) this.#stream.write('\r\u001B[K');
    this.#shown = -1;
  }
}

const LINE_PERIOD_MS = 1000;

/**
 * Shows the progress of a run: lines that are redrawn at the bottom of a terminal, or appended
 * every second without one.
 */
export class LiveProgress {
  readonly #sink: TextSink;
  /** Lines on the terminal at the moment. */
  #drawn: readonly string[] = [];
  #nextLineMs = LINE_PERIOD_MS;

  constructor(sink: TextSink) {
    this.#sink = sink;
  }

  /**
   * Shows the lines of `render` at the time `elapsedMs`; `render` is called only if they are shown.
   */
  show(elapsedMs: number, render: () => readonly string[]): void {
    if (this.#sink.canRedraw) {
      this.erase();
      this.#draw(render());
    } else if (elapsedMs >= this.#nextLineMs) {
      this.#nextLineMs = Math.floor(elapsedMs / LINE_PERIOD_MS) * LINE_PERIOD_MS + LINE_PERIOD_MS;
      this.#sink.write(`${render().join('\n')}\n\n`);
    }
  }

  /** Writes other text to the same terminal without corrupting the drawing. */
  around(write: () => void): void {
    const drawn = this.#drawn;
    this.erase();
    write();
    this.#draw(drawn);
  }

  /** Removes the drawing from the terminal. */
  erase(): void {
    const rows = this.#drawn.reduce((sum, line) => sum + this.#rowsOf(line), 0);
    if (rows > 0) this.#sink.write(`\u001b[${rows}A\r\u001b[J`);
    this.#drawn = [];
  }

  /** The number of rows of a line: a terminal wraps long lines. */
  #rowsOf(line: string): number {
    return Math.max(1, Math.ceil(textWidth(stripVTControlCharacters(line)) / this.#sink.columns));
  }

  #draw(lines: readonly string[]): void {
    if (lines.length > 0) this.#sink.write(`${lines.join('\n')}\n`);
    this.#drawn = lines;
  }
}

import { stripVTControlCharacters } from 'node:util';
import { textWidth } from '../summary/index.js';
import type { TextSink } from './output.js';

/** How far something is that may take some seconds: one line on a terminal, nothing elsewhere. */
export class ShareProgress {
  #shown = -1;

  readonly #stream: TextSink;
  readonly #doing: string;

  /** `doing` stands before the percentage. */
  constructor(stream: TextSink, doing: string) {
    this.#stream = stream;
    this.#doing = doing;
  }

  /** From 0 to 1. */
  show(share: number): void {
    const percent = Math.min(99, Math.floor(share * 100));
    if (!this.#stream.canRedraw || percent <= this.#shown) return;
    this.#shown = percent;
    this.#stream.write(`\r${this.#doing} ${percent} %`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shown >= 0) this.#stream.write('\r\u001B[K');
    this.#shown = -1;
  }
}

const LINE_PERIOD_MS = 1000;

/**
 * The progress of a run: lines that are drawn over and over at the bottom of a terminal, or written
 * anew each second where there is none.
 */
export class LiveProgress {
  readonly #sink: TextSink;
  /** What stands on the terminal now. */
  #drawn: readonly string[] = [];
  #nextLineMs = LINE_PERIOD_MS;

  constructor(sink: TextSink) {
    this.#sink = sink;
  }

  /**
   * Shows the lines that `render` gives for the moment `elapsedMs`; `render` is not called when
   * nothing is to be shown.
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

  /** Lets something else be written to the same terminal without tearing the drawing. */
  around(write: () => void): void {
    const drawn = this.#drawn;
    this.erase();
    write();
    this.#draw(drawn);
  }

  /** Takes the drawing off the terminal. */
  erase(): void {
    const rows = this.#drawn.reduce((sum, line) => sum + this.#rowsOf(line), 0);
    if (rows > 0) this.#sink.write(`\u001b[${rows}A\r\u001b[J`);
    this.#drawn = [];
  }

  /** A terminal breaks lines that are too long for it. */
  #rowsOf(line: string): number {
    return Math.max(1, Math.ceil(textWidth(stripVTControlCharacters(line)) / this.#sink.columns));
  }

  #draw(lines: readonly string[]): void {
    if (lines.length > 0) this.#sink.write(`${lines.join('\n')}\n`);
    this.#drawn = lines;
  }
}

import type { TextSink } from './output.js';

/** How far something is that may take some seconds: one line on a terminal, nothing elsewhere. */
export class ShareProgress {
  private shown = -1;

  /** `doing` stands before the percentage. */
  constructor(
    private readonly stream: TextSink,
    private readonly doing: string,
  ) {}

  /** From 0 to 1. */
  show(share: number): void {
    const percent = Math.min(99, Math.floor(share * 100));
    if (!this.stream.canRedraw || percent <= this.shown) return;
    this.shown = percent;
    this.stream.write(`\r${this.doing} ${percent} %`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.shown >= 0) this.stream.write('\r\u001B[K');
    this.shown = -1;
  }
}

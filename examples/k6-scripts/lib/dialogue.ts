export interface Line {
  readonly verb: string;
  readonly text: string;
}

/** Says its lines one after the other. */
export class Dialogue<T extends Line> {
  said = 0;

  constructor(private readonly lines: readonly T[]) {}

  get isOver(): boolean {
    return this.said === this.lines.length;
  }

  next(): string {
    const line = this.lines[this.said];
    this.said += 1;
    return JSON.stringify({ number: this.said, text: line?.text ?? '' });
  }
}

import { commandText } from '../redis/resp-reader.js';

/** Commands as text, and their number. */
export class CommandBatch {
  text = '';
  size = 0;

  add(...args: readonly string[]): void {
    this.text += commandText(args);
    this.size += 1;
  }
}

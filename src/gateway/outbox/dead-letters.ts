import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import { LimitedLog } from '../access/limited-log.js';
import type { RefusedEvent } from '../sink/event-sink.js';

export interface DeadLettersOptions {
  /** Made when the first event comes. */
  readonly dir: string;
  readonly sink: string;
  /** Forces each to the device before `keep` resolves. */
  readonly sync: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

const LOGGED_EACH_MS = 60_000;

/** What one sink refused for good: a file of JSON lines that only grows. It is opened for each batch, so it may be moved away at any time. */
export class DeadLetters {
  readonly #options: DeadLettersOptions;
  readonly #log: LimitedLog;
  #count = 0;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
    this.#log = new LimitedLog(options.log, options.clock, LOGGED_EACH_MS);
  }

  /** How many have been kept since the start. */
  get count(): number {
    return this.#count;
  }

  /** Rejects when they cannot be written: they are not settled then. */
  async keep(refused: readonly RefusedEvent[]): Promise<void> {
    const { dir, sink, clock } = this.#options;
    const [first] = refused;
    if (first === undefined) return;
    const path = join(dir, `${sink}.jsonl`);
    const time = new Date(clock.wallNow()).toISOString();
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await this.#append(path, refused.map((each) => encode(each, time)).join(''));
    this.#count += refused.length;
    const { reason, event } = first;
    this.#log.warn('sink.event-refused', { sink, reason, id: event.id, file: path, refused: this.#count });
  }

  async #append(path: string, lines: string): Promise<void> {
    const file = await open(path, 'a', 0o600);
    try {
      const { size } = await file.stat();
      try {
        await file.writeFile(lines);
        if (this.#options.sync) await file.sync();
      } catch (error) {
        // Half a line would spoil the one that is written behind it.
        await file.truncate(size);
        throw error;
      }
    } finally {
      await file.close();
    }
  }
}

function encode({ event, reason }: RefusedEvent, time: string): string {
  const { id, connection, action, type, tags, message, destinations } = event;
  const base64 = message === undefined ? undefined : Buffer.from(message).toString('base64');
  const closeReason = event.reason;
  const letter = { time, id, connection, action, type, tags, message: base64, closeReason, destinations, reason };
  return `${JSON.stringify(letter)}\n`;
}

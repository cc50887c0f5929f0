import { open, type FileHandle } from 'node:fs/promises';
import type { EventBoot } from '../../event/event-id.js';
import type { QueueLimits } from '../../event/event-queue.js';
import { eventBytes } from '../../event/event-size.js';
import type { GatewayEvent } from '../../event/gateway-event.js';
import { AcceptedEvent } from '../accepted-event.js';
import { readEvent } from './event-record.js';
import { RECORD, type LogRecord } from './log-record.js';
import type { LogSegment } from './log-segment.js';
import { PageReader } from './page-reader.js';
import { SEGMENT_HEADER_BYTES } from './segment-header.js';

export interface LogReaderOptions {
  /** Oldest first, the last one still grows. */
  readonly segments: () => readonly LogSegment[];
  /** Sequence of the last event of earlier boots. */
  readonly recovered: number;
  readonly boot: EventBoot;
}

/** What is read: from one sequence to another, no more than the limits but for one event. */
export interface LogRange extends QueueLimits {
  readonly from: number;
  readonly through: number;
}

/** The file that is read, and how far. */
interface Place {
  readonly segment: LogSegment;
  readonly file: FileHandle;
  readonly pages: PageReader;
  /** Sequence of the next event of an earlier boot: they are numbered as they stand. */
  next: number;
}

/** Reads events from the log, mostly forwards. Keeps what it read until more than that was asked for, so an event is read once. */
export class LogReader {
  readonly #options: LogReaderOptions;
  /** Consecutive, read and still needed. */
  #ahead: GatewayEvent[] = [];
  /** Sequence behind the last one that was read. */
  #next = 0;
  #place: Place | undefined;
  #isEnded = false;

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  /** Consecutive events from `from` on, at least one; all of the range must be written. */
  async read(range: LogRange): Promise<GatewayEvent[]> {
    this.#ahead = this.#ahead.filter(({ sequence }) => sequence >= range.from);
    const isAhead = this.#ahead[0]?.sequence === range.from;
    if (!isAhead && (this.#place === undefined || this.#next !== range.from)) await this.#seek(range.from);
    while (this.#wantsMore(range)) await this.#readPage();
    return takeWithin(this.#ahead, range);
  }

  /** Closes for good: a read that is under way rejects. */
  async end(): Promise<void> {
    this.#isEnded = true;
    await this.close();
  }

  /** Idempotent; the next read opens a file again. */
  async close(): Promise<void> {
    const file = this.#place?.file;
    this.#place = undefined;
    this.#ahead = [];
    await file?.close();
  }

  #wantsMore({ through, maxEvents, maxBytes }: LogRange): boolean {
    const last = this.#ahead.at(-1);
    if (last === undefined) return true;
    if (last.sequence >= through || this.#ahead.length >= maxEvents) return false;
    let bytes = 0;
    for (const event of this.#ahead) bytes += eventBytes(event);
    return bytes < maxBytes;
  }

  async #seek(sequence: number): Promise<void> {
    await this.close();
    const segment = this.#options.segments().findLast(({ firstSequence }) => firstSequence <= sequence);
    if (segment === undefined) throw new Error(`the log does not hold event ${sequence}`);
    this.#next = sequence;
    await this.#enter(segment);
  }

  async #enter(segment: LogSegment): Promise<void> {
    const old = this.#place?.file;
    this.#place = undefined;
    await old?.close();
    const file = await open(segment.path, 'r');
    if (this.#isEnded) {
      await file.close();
      throw new Error('the log is no longer read');
    }
    this.#place = { segment, file, pages: new PageReader(file, SEGMENT_HEADER_BYTES), next: segment.firstSequence };
  }

  async #readPage(): Promise<void> {
    const place = this.#place;
    if (place === undefined) throw new Error('the log is closed');
    const { segment, pages } = place;
    const { records } = await pages.next(segment.writtenBytes);
    for (const record of records) this.#take(record, place);
    if (records.length > 0) return;
    if (pages.offset < segment.writtenBytes) throw new Error(`${segment.path} is damaged at byte ${pages.offset}`);
    await this.#enterNext(segment);
  }

  async #enterNext(segment: LogSegment): Promise<void> {
    const next = this.#options.segments().find(({ number }) => number > segment.number);
    if (next === undefined) throw new Error(`${segment.path} ends before an event that was written`);
    await this.#enter(next);
  }

  #take({ type, payload }: LogRecord, place: Place): void {
    if (type !== RECORD.event) return;
    const { idSequence, event } = readEvent(payload);
    const { boot } = place.segment;
    const sequence = boot === this.#options.boot ? this.#options.recovered + idSequence : place.next++;
    if (sequence < this.#next) return;
    if (sequence > this.#next) throw new Error(`the log holds event ${sequence} where ${this.#next} should be`);
    this.#next++;
    this.#ahead.push(new AcceptedEvent(boot, sequence, idSequence, event));
  }
}

function takeWithin(events: readonly GatewayEvent[], { through, maxEvents, maxBytes }: LogRange): GatewayEvent[] {
  const taken: GatewayEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    bytes += eventBytes(event);
    const isEnough = taken.length >= maxEvents || event.sequence > through || bytes > maxBytes;
    if (isEnough && taken.length > 0) break;
    taken.push(event);
  }
  return taken;
}

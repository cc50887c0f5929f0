import { open, type FileHandle } from 'node:fs/promises';
import { eventBytes, type EventBoot, type GatewayEvent } from '../../event/gateway-event.js';
import type { QueueLimits } from '../../event/event-queue.js';
import { AcceptedEvent } from '../accepted-event.js';
import { findRecord, nextInFormat1 } from './find-record.js';
import { parseRecords, readEvent, RECORD, type LogFormat, type LogRecord, type RecordedEvent } from './event-record.js';
import { readFully } from './read-fully.js';
import type { LogDamage, DamagedStretch } from './log-damage.js';
import type { LogSegment } from './log-segment.js';
import { SEGMENT_HEADER_BYTES } from './segment-header.js';

/** Large enough that reads are few, small enough that a reader costs no memory to speak of. */
const PAGE_BYTES = 256 * 1024;

/**
 * What comes next in a file: whole records, or a damaged stretch that was passed over, or its end.
 */
export interface LogPage {
  readonly records: readonly LogRecord[];
  readonly damage: DamagedStretch | undefined;
  /** Nothing whole follows before the end that was given. */
  readonly isLast: boolean;
}

/** Reads records from a file one after another, a page at a time. Passes over what is damaged. */
export class PageReader {
  readonly #file: FileHandle;
  readonly #format: LogFormat;
  #place: number;

  constructor(file: FileHandle, format: LogFormat, place: number) {
    this.#file = file;
    this.#format = format;
    this.#place = place;
  }

  /** The offset behind the last record read, or the last stretch passed over. */
  get offset(): number {
    return this.#place;
  }

  /** Goes on at a place further back. */
  passTo(offset: number): void {
    this.#place = offset;
  }

  /** What lies before `end`, at most a page; one record is always read whole. */
  async next(end: number): Promise<LogPage> {
    let size = PAGE_BYTES;
    for (;;) {
      const bytes = await readFully(this.#file, this.#place, Math.min(size, end - this.#place));
      const { records, bytes: taken, isDamaged, nextBytes } = parseRecords(bytes, this.#format);
      this.#place += taken;
      if (records.length > 0) return { records, damage: undefined, isLast: false };
      if (isDamaged || nextBytes === 0 || this.#place + nextBytes > end || bytes.length < size) {
        return this.#pass(nextBytes, end);
      }
      size = nextBytes;
    }
  }

  async #pass(claimedBytes: number, end: number): Promise<LogPage> {
    const file = this.#file;
    const format = this.#format;
    const at = this.#place;
    if (at >= end) return { records: [], damage: undefined, isLast: true };
    const damaged = { at, claimedBytes, end };
    const next =
      format === 1 ? await nextInFormat1(file, damaged) : await findRecord(file, { from: at + 1, end }, format);
    if (next === undefined) return { records: [], damage: undefined, isLast: true };
    this.#place = next;
    return { records: [], damage: { at, bytes: next - at }, isLast: false };
  }
}

export interface LogReaderOptions {
  /** Oldest first, the last one still grows. */
  readonly segments: () => readonly LogSegment[];
  /** Sequence of the last event of earlier boots. */
  readonly recovered: number;
  readonly boot: EventBoot;
  readonly damage: LogDamage;
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

/**
 * Reads events from the log, mostly forwards. Keeps what it read until more than that was asked
 * for, so an event is read once. Events that are damaged are missing in what it gives.
 */
export class LogReader {
  readonly #options: LogReaderOptions;
  /** In order, read and still needed. */
  #ahead: GatewayEvent[] = [];
  /** All that is left from this sequence on, up to `#next`, is in `#ahead`. */
  #aheadFrom = 0;
  /** Sequence behind the last one that was read, or passed over. */
  #next = 0;
  #place: Place | undefined;
  /** Something was passed over since the last event. */
  #isAfterDamage = false;
  #isEnded = false;

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  /**
   * Events from `from` on, consecutive but for those that are damaged; none when all of the range
   * is. All of the range must be written.
   */
  async read(range: LogRange): Promise<GatewayEvent[]> {
    const isAhead = range.from >= this.#aheadFrom && range.from <= this.#next;
    if (this.#place === undefined || !isAhead) await this.#seek(range.from);
    this.#ahead = this.#ahead.filter(({ sequence }) => sequence >= range.from);
    this.#aheadFrom = range.from;
    while (this.#wantsMore(range)) await this.#readPage(range.through);
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
    if (this.#next > through || this.#ahead.length >= maxEvents) return false;
    let bytes = 0;
    for (const event of this.#ahead) bytes += eventBytes(event);
    return bytes < maxBytes || this.#ahead.length === 0;
  }

  async #seek(sequence: number): Promise<void> {
    await this.close();
    const segment = this.#options.segments().findLast(({ firstSequence }) => firstSequence <= sequence);
    if (segment === undefined) throw new Error(`the log does not hold event ${sequence}`);
    this.#next = sequence;
    this.#isAfterDamage = false;
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
    const pages = new PageReader(file, segment.format, SEGMENT_HEADER_BYTES);
    this.#place = { segment, file, pages, next: segment.firstSequence };
  }

  async #readPage(through: number): Promise<void> {
    const place = this.#place;
    if (place === undefined) throw new Error('the log is closed');
    const { segment, pages } = place;
    const { writtenBytes } = segment;
    const { records, damage, isLast } = await pages.next(writtenBytes);
    if (damage !== undefined) await this.#damaged(segment, damage);
    for (const record of records) await this.#take(record, place);
    if (!isLast) return;
    if (pages.offset < writtenBytes) {
      await this.#damaged(segment, { at: pages.offset, bytes: writtenBytes - pages.offset });
      pages.passTo(writtenBytes);
      return;
    }
    await this.#enterNext(segment, through);
  }

  async #enterNext(segment: LogSegment, through: number): Promise<void> {
    const next = this.#options.segments().find(({ number }) => number > segment.number);
    if (next !== undefined) await this.#enter(next);
    else if (this.#isAfterDamage) this.#passOver(through + 1);
    else throw new Error(`${segment.path} ends before an event that was written`);
  }

  async #take({ type, payload }: LogRecord, place: Place): Promise<void> {
    if (type !== RECORD.event) return;
    const recorded = tryReadEvent(payload, place.segment.format);
    if (recorded === undefined) {
      await this.#damaged(place.segment, { at: place.pages.offset, bytes: 0 });
      return;
    }
    const { idSequence, event } = recorded;
    const { boot } = place.segment;
    const sequence = boot === this.#options.boot ? this.#options.recovered + idSequence : place.next++;
    if (sequence < this.#next) return;
    if (sequence > this.#next && !this.#isAfterDamage) {
      throw new Error(`the log holds event ${sequence} where ${this.#next} should be`);
    }
    this.#passOver(sequence);
    this.#isAfterDamage = false;
    this.#next = sequence + 1;
    this.#ahead.push(new AcceptedEvent(boot, sequence, idSequence, event));
  }

  async #damaged({ path }: LogSegment, stretch: DamagedStretch): Promise<void> {
    await this.#options.damage.found(path, stretch);
    this.#isAfterDamage = true;
  }

  /** What lies before `sequence` is gone. */
  #passOver(sequence: number): void {
    if (sequence > this.#next) this.#options.damage.lostThrough(this.#next, sequence - 1);
    this.#next = sequence;
  }
}

/** Undefined when the record is whole, but no event. */
function tryReadEvent(payload: Buffer, format: LogFormat): RecordedEvent | undefined {
  try {
    return readEvent(payload, format);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function takeWithin(events: readonly GatewayEvent[], { through, maxEvents, maxBytes }: LogRange): GatewayEvent[] {
  const taken: GatewayEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    if (event.sequence > through) break;
    bytes += eventBytes(event);
    const isEnough = taken.length >= maxEvents || bytes > maxBytes;
    if (isEnough && taken.length > 0) break;
    taken.push(event);
  }
  return taken;
}

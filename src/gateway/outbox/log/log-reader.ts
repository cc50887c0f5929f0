import { open, type FileHandle } from 'node:fs/promises';
import { eventBytes, type EventBoot, type GatewayEvent } from '../../event/gateway-event.js';
import type { QueueLimits } from '../../event/event-queue.js';
import { acceptedEvent } from '../accepted-event.js';
import { findRecord, nextInFormat1 } from './find-record.js';
import { parseRecords, readEvent, RECORD, type LogFormat, type LogRecord, type RecordedEvent } from './event-record.js';
import { readFully } from './read-fully.js';
import type { LogDamage, DamagedStretch } from './log-damage.js';
import type { LogSegment } from './log-segment.js';
import { SEGMENT_HEADER_BYTES } from './segment-header.js';

/** Large enough that reads are rare, small enough that a reader needs little memory. */
const PAGE_BYTES = 256 * 1024;

/** The next part of a file: whole records, or a damaged place that was skipped, or its end. */
export interface LogPage {
  readonly records: readonly LogRecord[];
  readonly damage: DamagedStretch | undefined;
  /** True when no whole record follows before the given end. */
  readonly isLast: boolean;
}

/** Reads records from a file in order, a page at a time. Skips damaged places. */
export class PageReader {
  readonly #file: FileHandle;
  readonly #format: LogFormat;
  #place: number;

  constructor(file: FileHandle, format: LogFormat, place: number) {
    this.#file = file;
    this.#format = format;
    this.#place = place;
  }

  /** Offset after the last record read, or the last place skipped. */
  get offset(): number {
    return this.#place;
  }

  /** Continues at a later offset. */
  passTo(offset: number): void {
    this.#place = offset;
  }

  /** Reads up to `end`, at most a page; one record is always read as a whole. */
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
  /** Oldest first; the last one still grows. */
  readonly segments: () => readonly LogSegment[];
  /** Sequence of the last event of earlier boots. */
  readonly recovered: number;
  readonly boot: EventBoot;
  readonly damage: LogDamage;
}

/** Events to read: one at least, and no more than the limits. */
export interface LogRange extends QueueLimits {
  readonly from: number;
  readonly through: number;
}

/** The current file and the position in it. */
interface Place {
  readonly segment: LogSegment;
  readonly file: FileHandle;
  readonly pages: PageReader;
  /** Sequence of the next event of an earlier boot: they are numbered in the order of the file. */
  next: number;
}

/**
 * Reads events from the log, mostly forwards. Keeps events that it has read but not returned, so
 * each is read once. Damaged events are left out.
 */
export class LogReader {
  readonly #options: LogReaderOptions;
  /** Events that are read and still needed, in order. */
  #ahead: GatewayEvent[] = [];
  /** `#ahead` has all events from this sequence up to `#next`. */
  #aheadFrom = 0;
  /** Sequence after the last event read, or skipped. */
  #next = 0;
  #place: Place | undefined;
  /** True when damage was skipped since the last event. */
  #isAfterDamage = false;
  #isEnded = false;

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  /**
   * Reads consecutive events from `from` on, without damaged ones; none when all of the range is
   * damaged. All of the range must be written.
   */
  async read(range: LogRange): Promise<GatewayEvent[]> {
    const isAhead = range.from >= this.#aheadFrom && range.from <= this.#next;
    if (this.#place === undefined || !isAhead) await this.#seek(range.from);
    this.#ahead = this.#ahead.filter(({ sequence }) => sequence >= range.from);
    this.#aheadFrom = range.from;
    while (this.#wantsMore(range)) await this.#readPage(range.through);
    return takeWithin(this.#ahead, range);
  }

  /** Closes for good: a read under way rejects. */
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
    if (segment === undefined) throw new Error(`event ${sequence} is not in the log`);
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
      throw new Error('the reader of the log was closed');
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
      throw new Error(`the log has event ${sequence} in place of ${this.#next}`);
    }
    this.#passOver(sequence);
    this.#isAfterDamage = false;
    this.#next = sequence + 1;
    this.#ahead.push(acceptedEvent(boot, sequence, idSequence, event));
  }

  async #damaged({ path }: LogSegment, stretch: DamagedStretch): Promise<void> {
    await this.#options.damage.found(path, stretch);
    this.#isAfterDamage = true;
  }

  /** Counts events before `sequence` as lost. */
  #passOver(sequence: number): void {
    if (sequence > this.#next) this.#options.damage.lostThrough(this.#next, sequence - 1);
    this.#next = sequence;
  }
}

/** Undefined when the record is whole, but not an event. */
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

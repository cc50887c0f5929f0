import { rm } from 'node:fs/promises';
import type { Clock } from '../../../core/clock.js';
import type { Logger } from '../../../core/logger.js';
import type { EventBoot } from '../../event/gateway-event.js';
import type { NewEvent, Retagging } from '../outbox.js';
import type { ByteWriter } from './byte-reader.js';
import { writeEvent, writeRetagging, RECORD, writeRecord } from './event-record.js';
import type { LogDamage } from './log-damage.js';
import { LogReader } from './log-reader.js';
import { LogSegment } from './log-segment.js';
import { LogWriter } from './log-writer.js';
import type { OpenConnections } from './open-connections.js';
import { encodeSegmentHeader, FORMAT, writeSnapshot } from './segment-header.js';

export interface EventLogOptions {
  readonly dir: string;
  readonly boot: EventBoot;
  readonly fsync: 'always' | 'interval' | 'never';
  readonly fsyncIntervalMs: number;
  readonly segmentBytes: number;
  /**
   * Most bytes of events in a file that begins with a large snapshot. Disk space is given back only
   * once the next file has begun.
   */
  readonly mostSegmentBytes: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Connections that snapshots contain. */
  readonly open: OpenConnections;
  readonly damage: LogDamage;
  /** Called when more has been written, when writing begins to fail, and when it works again. */
  readonly onProgress: () => void;
}

/** Start of a log: the files of earlier boots, and the numbering of their events. */
export interface EventLogStart {
  /** Oldest first, with the sequences of this process. */
  readonly segments: readonly LogSegment[];
  /** Highest number of a file, including removed ones. */
  readonly lastNumber: number;
  /** Sequence of the last event of earlier boots; 0 when there are none. */
  readonly recovered: number;
  readonly acknowledged: ReadonlyMap<string, string>;
}

/** Interval at which acknowledgements are written: newer ones are delivered again after a crash. */
const NOTE_EACH_MS = 100;
/**
 * Interval of copies of the header in a file, so that damage to the first one does not lose the
 * rest.
 */
const HEADER_EACH_BYTES = 4096;
/**
 * Largest snapshot that is written twice: it alone has the connections whose open event is no
 * longer in a file.
 */
const COPIED_SNAPSHOT_BYTES = 256 * 1024;
/**
 * Padding between the two, so that one damaged page does not hit both. It is smaller in small
 * files, where it would take most of the space.
 */
const PADDING_BYTES = 4096;
const PADDING_SHARE = 1 / 16;

/**
 * Events on disk, in files of bounded size that are removed once they are delivered to every sink.
 */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #writer: LogWriter;
  readonly #acknowledged: Map<string, string>;
  readonly #recovered: number;
  #segments: LogSegment[];
  #active: LogSegment;
  #lastSequence: number;
  #lastNumber: number;
  /** Size of all files, including snapshots. */
  #bytes = 0;
  #overheadBytes = 0;
  /** Offset of the next copy of the header in the active file. */
  #headerDueAt = 0;
  #cancelNote: (() => void) | undefined;

  /**
   * Begins a file, which becomes valid when `finish` resolves. If it is a replacement, the older
   * files are removed then.
   */
  constructor(options: EventLogOptions, start: EventLogStart) {
    this.#options = options;
    this.#writer = new LogWriter(options);
    this.#segments = [...start.segments];
    this.#acknowledged = new Map(start.acknowledged);
    this.#recovered = start.recovered;
    this.#lastSequence = start.recovered;
    this.#lastNumber = start.lastNumber;
    for (const { appendedBytes, overheadBytes } of start.segments) {
      this.#bytes += appendedBytes;
      this.#overheadBytes += overheadBytes;
    }
    this.#active = this.#begin({ isReplacement: start.recovered === 0, isFinished: false });
  }

  /** Sequence of the oldest event that is not yet written; Infinity when all are. */
  get firstPending(): number {
    return this.#writer.firstPending;
  }

  get pendingBytes(): number {
    return this.#writer.pendingBytes;
  }

  get isFailing(): boolean {
    return this.#writer.isFailing;
  }

  get segments(): readonly LogSegment[] {
    return this.#segments;
  }

  /** Size of all files, including bytes that are not written yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Part of `bytes` that is not events. It grows with the number of open connections. */
  get overheadBytes(): number {
    return this.#overheadBytes;
  }

  /** Hot: runs once for each event that is written. */
  append(sequence: number, event: NewEvent): void {
    this.#lastSequence = sequence;
    const idSequence = sequence - this.#recovered;
    this.#append(this.#active, sequence, (writer) =>
      writeRecord(writer, RECORD.event, () => writeEvent(writer, idSequence, event)),
    );
    this.#active.lastSequence = sequence;
    this.#rotateWhenLarge();
  }

  retagged(now: Retagging): void {
    this.#append(this.#active, Infinity, (writer) =>
      writeRecord(writer, RECORD.retagged, () => writeRetagging(writer, now)),
    );
    this.#rotateWhenLarge();
  }

  /**
   * Begins a new file with a snapshot of the current connections. Does nothing and returns false
   * before `finish`.
   */
  rotate(): boolean {
    if (!this.#active.isFinished) return false;
    this.#active = this.#begin({ isReplacement: false, isFinished: true });
    return true;
  }

  /** Notes the last event that a sink has acknowledged; it is written soon. */
  acknowledged(sink: string, id: string): void {
    this.#acknowledged.set(sink, id);
    this.#cancelNote ??= this.#options.clock.schedule(() => this.#noteAcknowledged(), NOTE_EACH_MS);
  }

  /**
   * Begins a file for all waiting events from `firstSequence` on. It is not valid before `finish`
   * has resolved.
   */
  beginReplacement(firstSequence: number): void {
    this.#lastSequence = firstSequence - 1;
    this.#active = this.#begin({ isReplacement: true, isFinished: false });
  }

  /**
   * Makes the file that was begun valid, and removes those that it replaces. Rejects when the first
   * attempt fails, or with `isPatient` only when writing was given up.
   */
  async finish(isPatient: boolean): Promise<void> {
    const begun = this.#active;
    await (isPatient ? this.#writer.flush() : this.#writer.flushOrFail());
    await (isPatient ? this.#writer.finishPatiently(begun) : this.#writer.finish(begun));
    if (begun.isReplacement) await this.#removeBefore(begun);
    this.#rotateWhenLarge();
  }

  /** Resolves when all appended bytes are written. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /**
   * Removes the files whose events are all up to `sequence`, once the snapshot of the file after
   * them is written.
   */
  async release(sequence: number): Promise<void> {
    let needed = this.#segments.findIndex((segment) => segment === this.#active || segment.lastSequence > sequence);
    while (needed > 0 && !isComplete(this.#segments[needed])) needed--;
    if (needed > 0) await this.#remove(this.#segments.splice(0, needed));
  }

  /** Stops trying to write: bytes that are not written are lost. */
  giveUp(): void {
    this.#writer.giveUp();
  }

  /** Creates a reader for one sink. */
  reader(): LogReader {
    const { boot, damage } = this.#options;
    return new LogReader({ segments: () => this.#segments, recovered: this.#recovered, boot, damage });
  }

  /**
   * Writes all pending bytes; removes all files when `isEmpty`. Rejects when something could not be
   * written.
   */
  async close(isEmpty: boolean): Promise<void> {
    if (this.#cancelNote !== undefined) this.#noteAcknowledged();
    await this.#writer.close();
    if (isEmpty) await this.#remove(this.#segments.splice(0));
  }

  #begin({ isReplacement, isFinished }: { readonly isReplacement: boolean; readonly isFinished: boolean }): LogSegment {
    const { dir, boot } = this.#options;
    const number = ++this.#lastNumber;
    const firstSequence = this.#lastSequence + 1;
    const place = { dir, number, format: FORMAT, boot, firstSequence };
    const segment = new LogSegment({ ...place, isReplacement, isFinished });
    this.#segments.push(segment);
    this.#headerDueAt = Infinity;
    this.#append(segment, Infinity, (writer) => this.#writeFront(writer, encodeSegmentHeader({ boot, isReplacement })));
    this.#headerDueAt = segment.appendedBytes + HEADER_EACH_BYTES;
    segment.overheadBytes = segment.appendedBytes;
    this.#overheadBytes += segment.overheadBytes;
    return segment;
  }

  #writeFront(writer: ByteWriter, header: Buffer): void {
    const { open, segmentBytes } = this.#options;
    writer.raw(header);
    const start = writer.length;
    writeSnapshot(writer, open, this.#acknowledged);
    if (writer.length - start > COPIED_SNAPSHOT_BYTES) return;
    const padding = Buffer.alloc(Math.min(PADDING_BYTES, segmentBytes * PADDING_SHARE));
    writeRecord(writer, RECORD.padding, () => writer.raw(padding));
    writeRecord(writer, RECORD.header, () => writer.raw(header));
    writeSnapshot(writer, open, this.#acknowledged);
  }

  #append(segment: LogSegment, sequence: number, write: (writer: ByteWriter) => void): void {
    const before = segment.appendedBytes;
    this.#writer.append(segment, sequence, write);
    this.#bytes += segment.appendedBytes - before;
    if (segment.appendedBytes >= this.#headerDueAt) this.#repeatHeader(segment);
  }

  #repeatHeader(segment: LogSegment): void {
    this.#headerDueAt = Infinity;
    this.#append(segment, Infinity, (writer) =>
      writeRecord(writer, RECORD.header, () => writer.raw(encodeSegmentHeader(segment))),
    );
    this.#headerDueAt = segment.appendedBytes + HEADER_EACH_BYTES;
  }

  /**
   * Begins a new file when this one is large. A snapshot larger than `segmentBytes` must not make
   * each append begin one.
   */
  #rotateWhenLarge(): void {
    const { appendedBytes, overheadBytes } = this.#active;
    const { segmentBytes, mostSegmentBytes } = this.#options;
    const enough = Math.max(segmentBytes, Math.min(overheadBytes, mostSegmentBytes));
    if (appendedBytes - overheadBytes >= enough) this.rotate();
  }

  #noteAcknowledged(): void {
    this.#cancelNote?.();
    this.#cancelNote = undefined;
    for (const [sink, id] of this.#acknowledged) {
      this.#append(this.#active, Infinity, (writer) =>
        writeRecord(writer, RECORD.acknowledged, () => {
          writer.text(sink);
          writer.text(id);
        }),
      );
    }
    this.#rotateWhenLarge();
  }

  async #removeBefore(segment: LogSegment): Promise<void> {
    await this.#remove(this.#segments.splice(0, this.#segments.indexOf(segment)));
  }

  async #remove(segments: readonly LogSegment[]): Promise<void> {
    for (const { path, appendedBytes, overheadBytes } of segments) {
      this.#bytes -= appendedBytes;
      this.#overheadBytes -= overheadBytes;
      await rm(path, { force: true });
    }
  }
}

/** True when the snapshot of the segment could be read after a crash. */
function isComplete(segment: LogSegment | undefined): boolean {
  return segment !== undefined && segment.isFinished && segment.writtenBytes >= segment.overheadBytes;
}

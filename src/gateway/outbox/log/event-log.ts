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
   * What a file holds beside a large snapshot at most: until the next one begins nothing of it is
   * given back.
   */
  readonly mostSegmentBytes: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** What snapshots say of connections. */
  readonly open: OpenConnections;
  readonly damage: LogDamage;
  /** Called when more has been written, when writing begins to fail, and when it works again. */
  readonly onProgress: () => void;
}

/** What the log begins with: the files of earlier boots, and how their events are numbered. */
export interface EventLogStart {
  /** Oldest first; their sequences are those of this process. */
  readonly segments: readonly LogSegment[];
  /** The highest number that a file has, or had. */
  readonly lastNumber: number;
  /** Sequence of the last event of earlier boots; 0 when there are none. */
  readonly recovered: number;
  readonly acknowledged: ReadonlyMap<string, string>;
}

/** How often acknowledgements are noted: what is newer is delivered once more after a crash. */
const NOTE_EACH_MS = 100;
/**
 * A file says again whose events it holds so often that damage at its front does not take the rest
 * with it.
 */
const HEADER_EACH_BYTES = 4096;
/**
 * A snapshot of at most this size is written twice: it alone knows of connections whose open event
 * is in no file any more.
 */
const COPIED_SNAPSHOT_BYTES = 256 * 1024;
/**
 * What stands between the two: no damaged page hits both. Where files are tiny it is less, or they
 * would hold little else.
 */
const PADDING_BYTES = 4096;
const PADDING_SHARE = 1 / 16;

/** Events on disk, in files of bounded size that go when every sink is past them. */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #writer: LogWriter;
  readonly #acknowledged: Map<string, string>;
  readonly #recovered: number;
  #segments: LogSegment[];
  #active: LogSegment;
  #lastSequence: number;
  #lastNumber: number;
  /** Of all files, snapshots included. */
  #bytes = 0;
  #overheadBytes = 0;
  /** Where the active file says again whose events it holds. */
  #headerDueAt = 0;
  #cancelNote: (() => void) | undefined;

  /**
   * Begins a file, which counts only once `finish` has resolved. With `isReplacement` the older
   * ones go then.
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

  /** Bytes of all files, with what waits to be written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How much of `bytes` is no event: it grows with the number of open connections. */
  get overheadBytes(): number {
    return this.#overheadBytes;
  }

  /** Hot: runs once an event that is written. */
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
   * Begins a new file, the snapshot of which says of connections what is true now. False before
   * `finish`: then it does nothing.
   */
  rotate(): boolean {
    if (!this.#active.isFinished) return false;
    this.#active = this.#begin({ isReplacement: false, isFinished: true });
    return true;
  }

  /** Notes how far a sink is, soon. */
  acknowledged(sink: string, id: string): void {
    this.#acknowledged.set(sink, id);
    this.#cancelNote ??= this.#options.clock.schedule(() => this.#noteAcknowledged(), NOTE_EACH_MS);
  }

  /**
   * Begins a file that will hold all that waits from `firstSequence` on; until `finish` has
   * resolved it counts for nothing.
   */
  beginReplacement(firstSequence: number): void {
    this.#lastSequence = firstSequence - 1;
    this.#active = this.#begin({ isReplacement: true, isFinished: false });
  }

  /**
   * Makes the begun file count, and removes those that it replaces. Rejects when that fails at the
   * first attempt, or with `isPatient` when writing was given up.
   */
  async finish(isPatient: boolean): Promise<void> {
    const begun = this.#active;
    await (isPatient ? this.#writer.flush() : this.#writer.flushOrFail());
    await (isPatient ? this.#writer.finishPatiently(begun) : this.#writer.finish(begun));
    if (begun.isReplacement) await this.#removeBefore(begun);
    this.#rotateWhenLarge();
  }

  /** Resolves when all that was appended is written. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /**
   * Removes the files that hold nothing behind `sequence`, as soon as what their successor says of
   * connections is written.
   */
  async release(sequence: number): Promise<void> {
    let needed = this.#segments.findIndex((segment) => segment === this.#active || segment.lastSequence > sequence);
    while (needed > 0 && !isComplete(this.#segments[needed])) needed--;
    if (needed > 0) await this.#remove(this.#segments.splice(0, needed));
  }

  /** Stops trying to write: what is not written stays unwritten. */
  giveUp(): void {
    this.#writer.giveUp();
  }

  /** A place in the log for one sink. */
  reader(): LogReader {
    const { boot, damage } = this.#options;
    return new LogReader({ segments: () => this.#segments, recovered: this.#recovered, boot, damage });
  }

  /**
   * Writes what is pending; removes all files when `isEmpty`. Rejects when something could not be
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
   * A snapshot that is larger than a file should be must not be written each time something is
   * appended.
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

/** Its snapshot can be read after a crash. */
function isComplete(segment: LogSegment | undefined): boolean {
  return segment !== undefined && segment.isFinished && segment.writtenBytes >= segment.overheadBytes;
}

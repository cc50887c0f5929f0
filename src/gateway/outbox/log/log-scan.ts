import { open, truncate, type FileHandle } from 'node:fs/promises';
import type { Logger } from '../../../core/logger.js';
import { ByteReader } from './byte-reader.js';
import { readEvent, readRetagging, RECORD, type LogFormat, type LogRecord } from './event-record.js';
import { findFiles, type FoundFile } from './found-files.js';
import type { LogDamage, DamagedStretch } from './log-damage.js';
import { LogSegment } from './log-segment.js';
import { OpenConnections } from './open-connections.js';
import { PageReader } from './log-reader.js';
import { SEGMENT_HEADER_BYTES, readWholeSnapshot, SnapshotAssembly, type Acknowledgements } from './segment-header.js';
import { parseEventId, type EventBoot } from '../../event/gateway-event.js';

/** Result of a scan: everything that an earlier process left in the folder. */
export interface ScannedLog {
  /** Oldest first. Their events are numbered from 1, including acknowledged ones. */
  readonly segments: readonly LogSegment[];
  readonly events: number;
  /** Highest number of a file; 0 when there are none. */
  readonly lastNumber: number;
  readonly open: OpenConnections;
  /** Connections of other nodes whose close event is in it. */
  readonly adopted: ReadonlySet<string>;
  /** Number of the last event that each sink acknowledged; a sink is missing before its first. */
  readonly cursors: ReadonlyMap<string, number>;
  readonly acknowledged: Acknowledgements;
}

export interface ScanOptions {
  readonly dir: string;
  readonly damage: LogDamage;
  readonly log: Logger;
}

/**
 * Reads the whole log once, a page at a time. Truncates an incomplete end of the newest file. Other
 * damage is skipped and reported to `damage`, which may reject it with `outbox.unusable`.
 */
export async function scanLog({ dir, damage, log }: ScanOptions): Promise<ScannedLog> {
  const scan = new LogScan({ dir, damage, log });
  const files = await findFiles(dir, damage, log);
  for (const [index, file] of files.entries()) await scan.read(file, index === files.length - 1);
  return scan.result();
}

/** Warns of sinks that are no longer configured: events that waited for them are not delivered. */
export function warnOfGoneSinks({ cursors, events }: ScannedLog, sinks: readonly string[], log: Logger): void {
  for (const [sink, cursor] of cursors) {
    if (!sinks.includes(sink) && cursor < events) log.warn('outbox.sink-gone', { sink, events: events - cursor });
  }
}

/** State of a scan, which grows with each file. */
class LogScan {
  readonly #options: ScanOptions;
  readonly #segments: LogSegment[] = [];
  readonly #open = new OpenConnections();
  readonly #acknowledged = new Map<string, string>();
  readonly #snapshot = new SnapshotAssembly(this.#open, this.#acknowledged);
  readonly #places = new AcknowledgedPlaces();
  #events = 0;
  /** Sequence in the id of the last event of the current boot; undefined before the first. */
  #lastId: number | undefined;
  #boot = '';
  /** Node of the current boot. */
  #node = '';
  readonly #adopted = new Set<string>();
  /** True when damage was skipped, so that not every open connection is known. */
  #isIncomplete = false;
  /** True when damage was skipped since the last event. */
  #isAfterDamage = false;

  constructor(options: ScanOptions) {
    this.#options = options;
  }

  async read({ number, path, header }: FoundFile, isNewest: boolean): Promise<void> {
    const { dir } = this.#options;
    const segment = new LogSegment({
      ...header,
      dir,
      number,
      firstSequence: this.#events + 1,
      isFinished: true,
    });
    this.#enter(segment);
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      segment.writtenBytes = await this.#readRecords(file, segment, size);
      if (segment.writtenBytes < size) await this.#end(segment, size, isNewest);
    } finally {
      await file.close();
    }
    segment.appendedBytes = segment.writtenBytes;
    segment.lastSequence = this.#events;
    this.#segments.push(segment);
  }

  result(): ScannedLog {
    this.#snapshot.end();
    const cursors = new Map<string, number>();
    for (const [sink, id] of this.#acknowledged) cursors.set(sink, this.#places.find(id));
    const { events: missingEvents, bytes, places } = this.#options.damage.totals;
    if (places > 0) this.#options.log.error('outbox.damage-skipped', { places, bytes, missingEvents });
    const acknowledged = this.#acknowledged;
    const lastNumber = this.#segments.at(-1)?.number ?? 0;
    const [segments, events, open, adopted] = [this.#segments, this.#events, this.#open, this.#adopted];
    return { segments, events, lastNumber, open, adopted, cursors, acknowledged };
  }

  #enter({ boot, number }: LogSegment): void {
    this.#places.enter(boot);
    const name = `${boot.node}-${boot.epoch}`;
    if (name !== this.#boot) this.#lastId = undefined;
    this.#boot = name;
    this.#node = boot.node;
    const last = this.#segments.at(-1);
    if (last !== undefined && last.number + 1 !== number) this.#passedOver();
  }

  /** Resolves to the offset after the last whole record. */
  async #readRecords(file: FileHandle, segment: LogSegment, size: number): Promise<number> {
    const pages = new PageReader(file, segment.format, SEGMENT_HEADER_BYTES);
    for (;;) {
      const { records, damage, isLast } = await pages.next(size);
      if (damage !== undefined) await this.#damaged(segment.path, damage);
      for (const record of records) {
        if (!this.#applied(record, segment.format)) await this.#damaged(segment.path, { at: pages.offset, bytes: 0 });
      }
      if (isLast) return pages.offset;
    }
  }

  /** Applies a record. False when it is whole, but its content does not fit its type. */
  #applied(record: LogRecord, format: LogFormat): boolean {
    try {
      this.#apply(record, format);
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  }

  #apply({ type, payload }: LogRecord, format: LogFormat): void {
    if (type === RECORD.snapshotPart) {
      this.#snapshot.add(payload, format);
      return;
    }
    this.#snapshot.end();
    if (type === RECORD.event) {
      this.#applyEvent(payload, format);
    } else if (type === RECORD.retagged) {
      this.#open.restore(readRetagging(new ByteReader(payload), format));
    } else if (type === RECORD.acknowledged) {
      const reader = new ByteReader(payload);
      this.#acknowledged.set(reader.text(), reader.text());
    } else if (type === RECORD.snapshot) {
      readWholeSnapshot(payload, this.#open, this.#acknowledged);
    }
  }

  #applyEvent(payload: Buffer, format: LogFormat): void {
    const { idSequence, event } = readEvent(payload, format);
    if (event.action === 'close' && !event.connection.endsWith(this.#node)) this.#adopted.add(event.connection);
    if (this.#isIncomplete) this.#open.infer(event);
    this.#open.apply(event);
    this.#events++;
    this.#places.add(this.#events, idSequence);
    if (this.#isAfterDamage) this.#options.damage.lost(missingBetween(this.#lastId, idSequence));
    this.#isAfterDamage = false;
    this.#lastId = idSequence;
  }

  async #damaged(path: string, stretch: DamagedStretch): Promise<void> {
    await this.#options.damage.found(path, stretch);
    this.#passedOver();
  }

  #passedOver(): void {
    this.#isIncomplete = true;
    this.#isAfterDamage = true;
  }

  /** Handles bytes after the last whole record. In the newest file they are an incomplete write. */
  async #end(segment: LogSegment, size: number, isNewest: boolean): Promise<void> {
    const { path, writtenBytes: at } = segment;
    const bytes = size - at;
    if (!isNewest) {
      await this.#damaged(path, { at, bytes });
      return;
    }
    this.#options.log.warn('outbox.log-cut', { file: path, at, bytes });
    await truncate(path, at);
  }
}

/** Number of events between two ids of one boot; 0 when the earlier one is of another boot. */
function missingBetween(before: number | undefined, after: number): number {
  return before === undefined ? 0 : Math.max(0, after - before - 1);
}

/** Events that are consecutive in the log and in their ids. */
interface Run {
  readonly boot: EventBoot;
  /** Position in the log, from 1. */
  readonly firstPlace: number;
  readonly firstId: number;
  lastId: number;
}

/** Finds the position in the log of an event id. Stores runs, not events: a log has few of them. */
class AcknowledgedPlaces {
  readonly #runs: Run[] = [];
  #boot: EventBoot | undefined;
  #last: Run | undefined;

  /** Sets the boot of the events that are added from now on. */
  enter(boot: EventBoot): void {
    this.#boot = boot;
    this.#last = undefined;
  }

  add(place: number, idSequence: number): void {
    if (this.#last !== undefined && this.#last.lastId + 1 === idSequence) {
      this.#last.lastId = idSequence;
      return;
    }
    if (this.#boot === undefined) return;
    this.#last = { boot: this.#boot, firstPlace: place, firstId: idSequence, lastId: idSequence };
    this.#runs.push(this.#last);
  }

  /** Position of the event, or of the last one before it; 0 when all come after it. */
  find(eventId: string): number {
    const id = parseEventId(eventId);
    if (id === undefined) return 0;
    const sameBoot = this.#runs.filter(({ boot }) => boot.node === id.node && boot.epoch === id.epoch);
    const run = sameBoot.findLast(({ firstId }) => firstId <= id.sequence);
    if (run !== undefined) return run.firstPlace + Math.min(id.sequence, run.lastId) - run.firstId;
    const [first] = sameBoot;
    return first === undefined ? 0 : first.firstPlace - 1;
  }
}

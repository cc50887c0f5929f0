import { mkdir } from 'node:fs/promises';
import type { Clock } from '../../../core/clock.js';
import { errorMessage } from '../../../core/error.js';
import type { Logger } from '../../../core/logger.js';
import type { OutboxConfig } from '../../config/outbox-config.js';
import type { EventBoot, GatewayEvent } from '../../event/gateway-event.js';
import { EventQueue } from '../../event/event-queue.js';
import { acceptedEvent } from '../accepted-event.js';
import type { Backlog, BacklogRange, BacklogReader, Recovered } from './backlog.js';
import { EventLog } from '../log/event-log.js';
import { FreeRoom } from '../log/free-room.js';
import { FolderLock, unusableFolder } from '../log/folder-lock.js';
import { LogDamage, type DamageTotals } from '../log/log-damage.js';
import { scanLog, warnOfGoneSinks, type ScannedLog } from '../log/log-scan.js';
import { segmentSizes } from '../log/log-segment.js';
import { OpenConnections } from '../log/open-connections.js';
import { TagJournal } from '../log/tag-journal.js';
import { sliceQueue } from './memory-backlog.js';
import type { NewEvent, Retagging } from '../outbox.js';
import type { LeftInLog, RecoveryReview, Verdict } from './recovery-review.js';

export interface LoggedBacklogOptions {
  readonly dir: string;
  readonly config: OutboxConfig;
  readonly boot: EventBoot;
  readonly clock: Clock;
  readonly log: Logger;
  /** Undefined: every connection that was open gets its close event. */
  readonly review?: RecoveryReview | undefined;
}

/** Memory above this share of its bound makes events go to disk (durability `memory`). */
const SPILL_SHARE = 1 / 2;
/**
 * Share of the memory bound for the newest events, which stay in memory after they are written: a
 * sink that keeps up does not read from disk.
 */
const WINDOW_SHARE = 1 / 4;
/** Bytes encoded in one turn of the event loop while memory is copied to disk. */
const SPILL_STEP_BYTES = 256 * 1024;
/** Longest wait of `close` for a disk that does not accept what is left. */
const CLOSE_BOUND_MS = 5_000;

/**
 * Content of the log. `everything`: each event; memory is a window on the newest. `lifecycle`: only
 * open and close events; messages are in memory. `spilling`: memory is being copied to a file that
 * replaces the log.
 */
type Phase = 'lifecycle' | 'spilling' | 'everything';

/**
 * Keeps events in memory and in a log on disk that outlives the process. With durability `disk`,
 * every event is written before a sink may get it. With `memory`, open and close events are
 * written, so that each connection gets its close event, and messages only while sinks lag behind.
 */
export class LoggedBacklog implements Backlog {
  readonly #options: LoggedBacklogOptions;
  readonly #open = new OpenConnections();
  readonly #tags: TagJournal;
  readonly #damage: LogDamage;
  #lock: FolderLock | undefined;
  #log: EventLog | undefined;
  #queue = new EventQueue();
  #phase: Phase = 'everything';
  #recovered = 0;
  #released = 0;
  readonly #room: FreeRoom;
  #asideBytes = 0;
  /**
   * While spilling: the first event that must not be offered before the replacement is complete.
   */
  #notDurableFrom = Infinity;
  #spilling: Promise<void> | undefined;
  #onProgress: () => void = () => undefined;

  constructor(options: LoggedBacklogOptions) {
    this.#options = options;
    this.#tags = new TagJournal(options.config, this.#open);
    this.#damage = new LogDamage({ ...options, mode: options.config.damaged });
    this.#room = new FreeRoom({ ...options, onKnown: () => this.#fitMemory() });
  }

  get appendedThrough(): number {
    return this.#queue.lastSequence;
  }

  get durableThrough(): number {
    const firstPending = this.#spilling === undefined ? (this.#log?.firstPending ?? 0) : this.#notDurableFrom;
    return Math.min(this.appendedThrough, firstPending - 1);
  }

  get isFailing(): boolean {
    return this.#log?.isFailing === true;
  }

  get events(): number {
    return this.#queue.size;
  }

  get bytes(): number {
    return this.#queue.bytes + this.#asideBytes + (this.#log?.pendingBytes ?? 0);
  }

  /** Bytes of the log without its snapshots, which the reserve for close events covers. */
  get diskBytes(): number {
    return this.#log === undefined ? 0 : this.#log.bytes - this.#log.overheadBytes;
  }

  get disk(): Backlog['disk'] {
    return { bytes: this.#log?.bytes ?? 0, segments: this.#log?.segments.length ?? 0 };
  }

  get damage(): DamageTotals {
    return this.#damage.totals;
  }

  async open(sinks: readonly string[], onProgress: () => void): Promise<Recovered> {
    this.#onProgress = onProgress;
    const { dir, log } = this.#options;
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      this.#lock = await FolderLock.take(dir);
      return await this.#recover(await scanLog({ dir, damage: this.#damage, log }), sinks);
    } catch (error) {
      this.#log?.giveUp();
      await this.#lock?.release();
      throw unusableFolder(dir, error);
    }
  }

  /** Hot: runs once for each event. */
  append(event: NewEvent): number {
    const sequence = this.#queue.lastSequence + 1;
    const isLifecycle = event.action !== 'message';
    if (isLifecycle) this.#open.apply(event);
    if (this.#phase === 'everything' || (this.#phase === 'lifecycle' && isLifecycle))
      this.#log?.append(sequence, event);
    if (this.#spilling !== undefined && isLifecycle) this.#notDurableFrom = Math.min(this.#notDurableFrom, sequence);
    this.#queue.push(acceptedEvent(this.#options.boot, sequence, sequence - this.#recovered, event));
    this.#fitMemory();
    return sequence;
  }

  retagged(now: Retagging): void {
    if (this.#log !== undefined && this.#open.retag(now)) this.#tags.note(this.#log, now);
  }

  disown(connection: string): void {
    this.#open.forget(connection);
  }

  reader(): BacklogReader {
    const onDisk = this.#log?.reader();
    return {
      read: (range) => {
        const isInMemory = range.from >= this.#queue.firstSequence || onDisk === undefined;
        return isInMemory ? this.#readMemory(range, onDisk) : onDisk.read(range);
      },
      reset: async () => onDisk?.close(),
      close: async () => onDisk?.end(),
    };
  }

  delivered(sink: string, id: string): void {
    this.#log?.acknowledged(sink, id);
  }

  setAside(_events: number, bytes: number): void {
    this.#asideBytes += bytes;
  }

  release(sequence: number): void {
    this.#released = sequence;
    this.#queue.dropThrough(sequence);
    const isSettled = this.#spilling === undefined && sequence >= this.#queue.firstSequence - 1;
    if (isSettled && this.#phase === 'everything' && this.#options.config.durability === 'memory') {
      this.#phase = 'lifecycle';
    }
    this.#release(sequence).catch((error: unknown) => this.#warn('outbox.log-not-removed', error));
  }

  async #release(sequence: number): Promise<void> {
    await this.#log?.release(sequence);
    if (this.#log !== undefined) this.#tags.catchUp(this.#log);
  }

  async close(): Promise<number> {
    const log = this.#log;
    this.#log = undefined;
    const cancel = this.#options.clock.schedule(() => log?.giveUp(), CLOSE_BOUND_MS);
    try {
      return log === undefined ? 0 : await this.#keepRest(log);
    } finally {
      cancel();
      await this.#lock?.release();
    }
  }

  async #recover(scanned: ScannedLog, sinks: readonly string[]): Promise<Recovered> {
    const verdict = await this.#options.review?.(leftInLog(scanned));
    const cursors = new Map(sinks.map((sink) => [sink, scanned.cursors.get(sink) ?? 0]));
    const settled = Math.min(...cursors.values());
    for (const [sink, cursor] of cursors) cursors.set(sink, cursor - settled);
    for (const segment of scanned.segments) {
      segment.firstSequence -= settled;
      segment.lastSequence -= settled;
    }
    const { dir, boot, config, clock, log } = this.#options;
    warnOfGoneSinks(scanned, sinks, log);
    const acknowledged = new Map(sinks.map((sink) => [sink, scanned.acknowledged.get(sink) ?? '']));
    const recovered = scanned.events - settled;
    const options = { ...config, ...(await segmentSizes(config, dir)), dir, boot, clock, log, damage: this.#damage };
    const start = { ...scanned, recovered, acknowledged };
    this.#recovered = recovered;
    this.#log = new EventLog({ ...options, open: this.#open, onProgress: () => this.#progressed() }, start);
    const closes = this.#appendCloses(this.#log, scanned.open, verdict);
    await this.#log.finish(false);
    this.#queue = new EventQueue(recovered + closes + 1);
    this.#released = 0;
    return { events: recovered, cursors, closes };
  }

  /**
   * Writes the close events of connections that an earlier process had open. They are written
   * before anything is delivered, in the file that ends the old state, so that each close event has
   * one id even if the process is killed again.
   */
  #appendCloses(log: EventLog, open: OpenConnections, verdict: Verdict | undefined): number {
    let sequence = this.#recovered;
    const closed: string[] = [];
    for (const { connection, tags, destinations } of open) {
      if (verdict?.isClosedElsewhere(connection) === true) continue;
      if (verdict !== undefined) closed.push(connection);
      const close: NewEvent = { connection, action: 'close', tags, reason: 'node_crashed' };
      log.append(++sequence, destinations === undefined ? close : { ...close, destinations });
    }
    verdict?.closed(closed, this.#recovered + 1);
    return sequence - this.#recovered;
  }

  async #readMemory(range: BacklogRange, onDisk: { close(): Promise<void> } | undefined): Promise<GatewayEvent[]> {
    const events = sliceQueue(this.#queue, range);
    // The next read from disk may need another file.
    await onDisk?.close();
    return events;
  }

  #progressed(): void {
    this.#fitMemory();
    if (this.#log !== undefined) this.#tags.catchUp(this.#log);
    this.#onProgress();
  }

  #fitMemory(): void {
    const { maxBytes, maxEvents, maxDiskBytes } = this.#options.config;
    const queue = this.#queue;
    if (this.#spilling !== undefined) return;
    if (this.#phase === 'everything') {
      const firstPending = this.durableThrough + 1;
      const isLarge = () => queue.bytes > maxBytes * WINDOW_SHARE || queue.size > maxEvents * WINDOW_SHARE;
      while (isLarge() && queue.firstSequence < firstPending) queue.dropThrough(queue.firstSequence);
    } else if (this.#phase === 'lifecycle') {
      const bytes = Math.min(maxBytes, maxDiskBytes) * SPILL_SHARE;
      const isLarge = queue.bytes > bytes || queue.size > maxEvents * SPILL_SHARE;
      // Events that the disk has no room for would be neither written nor offered to a sink.
      if (this.#log === undefined || !isLarge || !this.#room.has(queue.bytes)) return;
      this.#spill(this.#log).catch((error: unknown) => this.#warn('outbox.spill-failed', error));
    }
  }

  #spill(log: EventLog): Promise<void> {
    this.#phase = 'spilling';
    this.#notDurableFrom = log.firstPending;
    log.beginReplacement(this.#queue.firstSequence);
    this.#spilling = this.#copyToLog(log).finally(() => {
      this.#spilling = undefined;
      this.#notDurableFrom = Infinity;
      this.#progressed();
    });
    return this.#spilling;
  }

  async #copyToLog(log: EventLog): Promise<void> {
    let next = 0;
    for (;;) {
      next = this.#copyStep(log, Math.max(next, this.#queue.firstSequence));
      if (next > this.#queue.lastSequence) break;
      await log.flush();
    }
    this.#phase = 'everything';
    await log.finish(true);
  }

  #copyStep(log: EventLog, from: number): number {
    let next = from;
    for (; next <= this.#queue.lastSequence && log.pendingBytes < SPILL_STEP_BYTES; next++) {
      const event = this.#queue.at(next);
      if (event !== undefined) log.append(next, event);
    }
    return next;
  }

  /** Writes what is left; resolves to the number of events that are lost. */
  async #keepRest(log: EventLog): Promise<number> {
    const left = this.appendedThrough - this.#released;
    try {
      await this.#spilling;
      if (this.#phase === 'lifecycle' && left > 0) await this.#spill(log);
      await log.close(left === 0 && this.#open.size === 0);
      return 0;
    } catch (error) {
      this.#warn('outbox.log-unwritable', error);
      await log.close(false).catch(() => undefined);
      return left;
    }
  }

  #warn(event: string, error: unknown): void {
    this.#options.log.warn(event, { reason: errorMessage(error) });
  }
}

function leftInLog({ segments, adopted }: ScannedLog): LeftInLog {
  const boots = new Map(segments.map(({ boot }) => [`${boot.node}-${boot.epoch}`, boot]));
  return { boots: [...boots.values()], adopted };
}

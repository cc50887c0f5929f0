import type { CloseReasonName } from '../close-reason.js';
import type { OutboxConfig } from '../config/outbox-config.js';
import { eventBytes, loggedBytes } from '../event/gateway-event.js';
import type { Frame } from '../calls/frame.js';
import { ConnectionShares } from '../outbox/connection-shares.js';
import {
  DOES_NOT_FIT,
  NEVER_FITS,
  type EventGate,
  type HeldRoom,
  type NewEvent,
  type Outbox,
  type OutboxState,
  type Retagging,
} from '../outbox/outbox.js';
import { FULL_SHARE, HELD_SHARE, MESSAGE_SHARE, RELIEF_SHARE } from '../outbox/outbox-bound.js';
import { RecordWriter } from './event-records.js';
import { UNCOPIED_BYTES, type FrameLink } from './frame-link.js';
import { LINK_FLAG, LINK_KIND, readSequence, refusalReason, SEQUENCE_BYTES, writeSequence } from './link-frames.js';

export interface RelayOutboxDeps {
  readonly link: FrameLink;
  readonly config: Pick<OutboxConfig, 'maxEvents' | 'maxBytes' | 'maxDiskBytes' | 'dir' | 'connectionShare'>;
  /** Number of workers of the node: each may use its part of the bound for what is under way. */
  readonly workers: number;
  /** Holds events back in the supervisor. */
  readonly gate?: EventGate | undefined;
  /**
   * Called when the supervisor's outbox did not accept the open event or a message of a connection:
   * the connection must be closed for this reason.
   */
  readonly onRefused: (connection: string, reason: CloseReasonName, isMessage: boolean) => void;
}

/** Share of the outbox's bound for events that all workers together have under way. */
const UNDER_WAY_SHARE = 1 / 4;
/** Room for events under way, however small the bound is: a burst of one tick. */
const LEAST_EVENTS = 256;
const LEAST_BYTES = 256 * 1024;
/** Open events may use the room of messages once more: a client would be refused for a busy tick. */
const OPEN_ROOM = 2;

/** Bytes of events that a worker may have under way. */
export function underWayBytes(maxBytes: number, workers: number): number {
  return Math.max(LEAST_BYTES, (maxBytes * UNDER_WAY_SHARE) / workers);
}

/** Events of one tick that the supervisor has not taken yet. */
interface Tick {
  readonly through: number;
  readonly events: number;
  readonly bytes: number;
}

/**
 * The outbox as a worker sees it: events go to the supervisor, which appends them to the outbox of
 * the node. What is accepted here is taken there, even if it has to wait for room; so the number of
 * events that are not taken yet is bounded.
 */
export class RelayOutbox implements Outbox {
  readonly heldRoom: HeldRoom;
  readonly #link: FrameLink;
  readonly #gate: EventGate | undefined;
  readonly #onRefused: RelayOutboxDeps['onRefused'];
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  readonly #largestBytes: number;
  readonly #isLogged: boolean;
  readonly #held: HeldBytes;
  readonly #records = new RecordWriter();
  readonly #fullListeners: ((full: boolean) => void)[] = [];
  readonly #roomListeners: (() => void)[] = [];
  readonly #deliveredListeners: ((through: number) => void)[] = [];
  /** Connections of which the supervisor accepts no message now. */
  readonly #blocked = new Set<string>();
  readonly #ticks: Tick[] = [];
  #sequence = 0;
  #sentThrough = 0;
  #tickBytes = 0;
  #events = 0;
  #bytes = 0;
  #heldFromSent = Infinity;
  #delivered = 0;
  #isSupervisorFull = false;
  #full = false;
  #isStopped = false;
  #onEmpty: (() => void) | undefined;

  constructor({ link, config, workers, gate, onRefused }: RelayOutboxDeps) {
    const { maxEvents, maxBytes, maxDiskBytes, dir, connectionShare } = config;
    const limits = { maxEvents, maxBytes, maxDiskBytes: dir === undefined ? Infinity : maxDiskBytes };
    this.#link = link;
    this.#gate = gate;
    this.#onRefused = onRefused;
    this.#isLogged = dir !== undefined;
    this.#maxEvents = Math.max(LEAST_EVENTS, (maxEvents * UNDER_WAY_SHARE) / workers);
    this.#maxBytes = underWayBytes(maxBytes, workers);
    const shareBytes = new ConnectionShares(limits, connectionShare).maxBytes;
    this.#largestBytes = Math.min(shareBytes, Math.min(maxBytes, limits.maxDiskBytes) * MESSAGE_SHARE);
    this.#held = new HeldBytes((maxBytes * HELD_SHARE) / workers);
    this.heldRoom = this.#held;
    gate?.onHoldLifted(() => link.wake());
    link.beforeWrite(() => this.#owe());
    link.handle(LINK_KIND.taken, (frame) => this.#taken(frame));
    link.handle(LINK_KIND.blocked, ({ body }) => void this.#blocked.add(Buffer.from(body).toString()));
    link.handle(LINK_KIND.unblocked, ({ body }) => this.#unblocked(Buffer.from(body).toString()));
    link.handle(LINK_KIND.refused, (frame) => this.#refused(frame));
    link.onClosed(() => this.#ended());
  }

  /** Hot: runs once for each event. */
  append(event: NewEvent): number {
    const bytes = eventBytes(event);
    if (event.action === 'close') this.#blocked.delete(event.connection);
    else {
      const refusal = this.#refusalOf(event, bytes);
      if (refusal !== undefined) return refusal;
    }
    this.#sequence += 1;
    this.#events += 1;
    this.#bytes += bytes;
    this.#tickBytes += bytes;
    this.#records.event(event);
    this.#link.wake();
    if (!this.#full) this.#reconsiderFull();
    return this.#sequence;
  }

  retagged(now: Retagging): void {
    if (this.#isStopped) return;
    this.#records.retagged(now);
    this.#link.wake();
  }

  get isFull(): boolean {
    return this.#full;
  }

  get deliveredThrough(): number {
    return this.#delivered;
  }

  /** State of what is under way; the supervisor knows that of the outbox. */
  state(): OutboxState {
    return {
      events: this.#events,
      bytes: this.#bytes,
      maxBytes: this.#maxBytes,
      diskBytes: 0,
      diskSegments: 0,
      maxDiskBytes: 0,
      heldBytes: this.#held.bytes,
      sharesReached: 0,
      full: this.#full,
      damage: { places: 0, bytes: 0, events: 0 },
      sinks: [],
    };
  }

  onFullChange(listener: (full: boolean) => void): void {
    this.#fullListeners.push(listener);
  }

  onRoom(listener: () => void): void {
    this.#roomListeners.push(listener);
  }

  onDelivered(listener: (through: number) => void): void {
    this.#deliveredListeners.push(listener);
  }

  async start(): Promise<void> {
    // The supervisor's outbox recovers what an earlier process left.
  }

  /**
   * Waits until the supervisor has taken everything, at most `timeoutMs`. Resolves to the number of
   * events that it has not taken.
   */
  async stop(timeoutMs: number): Promise<number> {
    this.#link.flush();
    if (this.#events > 0 && !this.#isStopped) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#onEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#isStopped = true;
    return this.#events;
  }

  /** Undefined when an open event or a message is accepted. */
  #refusalOf({ action, connection, message }: NewEvent, bytes: number): number | undefined {
    if (this.#isStopped) return DOES_NOT_FIT;
    if (action === 'open') return this.#hasRoom(OPEN_ROOM) ? undefined : DOES_NOT_FIT;
    if (this.#blocked.size > 0 && this.#blocked.has(connection)) return DOES_NOT_FIT;
    if (bytes > this.#largestBytes && this.#isTooLarge(message, bytes)) {
      return this.#events === 0 ? undefined : NEVER_FITS;
    }
    return this.#hasRoom(1) ? undefined : DOES_NOT_FIT;
  }

  #isTooLarge(message: Uint8Array | undefined, bytes: number): boolean {
    return !this.#isLogged || loggedBytes({ message }, bytes) > this.#largestBytes;
  }

  /** One event may be larger than what is left of the room. */
  #hasRoom(share: number): boolean {
    return this.#events < this.#maxEvents * share && this.#bytes < this.#maxBytes * share;
  }

  /** Sends what this tick appended, and from where on events are held back. */
  #owe(): void {
    const heldFrom = this.#gate?.heldFrom() ?? Infinity;
    if (heldFrom !== this.#heldFromSent) {
      this.#heldFromSent = heldFrom;
      const body = Buffer.allocUnsafe(SEQUENCE_BYTES);
      writeSequence(body, heldFrom, 0);
      this.#link.send({ kind: LINK_KIND.held, body });
    }
    if (this.#records.length === 0) return;
    this.#link.send({ kind: LINK_KIND.events, body: this.#records.take(UNCOPIED_BYTES) });
    if (this.#sequence === this.#sentThrough) return;
    this.#ticks.push({ through: this.#sequence, events: this.#sequence - this.#sentThrough, bytes: this.#tickBytes });
    this.#sentThrough = this.#sequence;
    this.#tickBytes = 0;
  }

  #taken({ flags, body }: Frame): void {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const through = readSequence(bytes, 0);
    const delivered = readSequence(bytes, SEQUENCE_BYTES);
    const released = this.#release(through);
    this.#isSupervisorFull = (flags & LINK_FLAG.full) !== 0;
    this.#reconsiderFull();
    if (released) for (const listener of this.#roomListeners) listener();
    if (delivered > this.#delivered) {
      this.#delivered = delivered;
      for (const listener of this.#deliveredListeners) listener(delivered);
    }
    if (this.#events === 0) this.#onEmpty?.();
  }

  /** True when room became free. */
  #release(through: number): boolean {
    let isAny = false;
    for (let tick = this.#ticks[0]; tick !== undefined && tick.through <= through; tick = this.#ticks[0]) {
      this.#ticks.shift();
      this.#events -= tick.events;
      this.#bytes -= tick.bytes;
      isAny = true;
    }
    return isAny;
  }

  #unblocked(connection: string): void {
    this.#blocked.delete(connection);
    for (const listener of this.#roomListeners) listener();
  }

  #refused({ op, flags, body }: Frame): void {
    const connection = Buffer.from(body).toString();
    this.#blocked.add(connection);
    this.#onRefused(connection, refusalReason(op), (flags & LINK_FLAG.message) !== 0);
  }

  #reconsiderFull(): void {
    const share = this.#full ? RELIEF_SHARE * FULL_SHARE : FULL_SHARE;
    const full = this.#isSupervisorFull || !this.#hasRoom(share);
    if (full === this.#full) return;
    this.#full = full;
    for (const listener of this.#fullListeners) listener(full);
  }

  #ended(): void {
    this.#isStopped = true;
    this.#onEmpty?.();
  }
}

/** Room for messages of paused clients. */
class HeldBytes implements HeldRoom {
  bytes = 0;
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  hold(bytes: number): boolean {
    if (this.bytes + bytes > this.#maxBytes) return false;
    this.bytes += bytes;
    return true;
  }

  letGo(bytes: number): void {
    this.bytes -= bytes;
  }
}

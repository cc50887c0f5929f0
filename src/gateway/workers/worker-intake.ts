import { errorMessage } from '../../core/error.js';
import { OpenConnections } from '../outbox/log/open-connections.js';
import { NEVER_FITS, type NewEvent, type Outbox } from '../outbox/outbox.js';
import { isAloneInMemory } from '../transport/frame-room.js';
import { readRecordAt } from './event-records.js';
import type { FrameLink } from './frame-link.js';
import { HeldEvents } from './held-events.js';
import {
  LINK_FLAG,
  LINK_KIND,
  readSequence,
  refusalOp,
  SEQUENCE_BYTES,
  writeSequence,
  type RefusalReason,
} from './link-frames.js';

export interface WorkerIntakeDeps {
  readonly link: FrameLink;
  readonly outbox: Outbox;
  /** Whether clients can be paused while a message of theirs waits; else it is refused. */
  readonly canPause: boolean;
  /** Bytes of events that the worker may have under way. */
  readonly spareBytes: number;
  /** Called when the first held event has changed, in the outbox's sequences. */
  readonly onHeldFrom: (heldFrom: number) => void;
  /** Called for each close event of a connection that the worker left open. */
  readonly onClosed: (connection: string, sequence: number) => void;
  /** Called once the link is closed and everything that it brought is in the outbox. */
  readonly onSettled: (closes: number) => void;
}

/** A sequence of the worker, and the outbox's sequence of that event or a later one. */
interface Place {
  readonly local: number;
  readonly global: number;
}

/** Records of a frame that are not taken yet. */
interface Unread {
  readonly bytes: Buffer;
  at: number;
}

/**
 * Appends the events of one worker. A message that the outbox has no room for waits where its client
 * can be paused, and with it the later events of its connection; those of other connections pass.
 * When a full outbox has no room to wait either, the whole link waits, and the worker accepts no
 * more. What cannot wait is refused: the worker closes the connection, and nothing but its close
 * event is taken any more.
 */
export class WorkerIntake {
  readonly #deps: WorkerIntakeDeps;
  readonly #open = new OpenConnections();
  readonly #held: HeldEvents;
  /**
   * Connections of which an event was refused. `unannounced`: the open event, so that backends must
   * not get any other; else only the close event is taken.
   */
  readonly #refused = new Map<string, 'unannounced' | 'cut off'>();
  /** Frames that wait for room. */
  #unread: Unread[] = [];
  readonly #places: Place[] = [];
  /** Open events from the first that the worker's mirror holds. */
  #opens: Place[] = [];
  #heldFromLocal = Infinity;
  #local = 0;
  #global = 0;
  #settled = 0;
  #delivered = 0;
  #mustReport = true;
  /** Appending may free room, and so ask for what is under way. */
  #isBusy = false;
  #closes = 0;
  #phase: 'linked' | 'gone' | 'closing' | 'settled' = 'linked';

  constructor(deps: WorkerIntakeDeps) {
    this.#deps = deps;
    this.#held = new HeldEvents(deps.outbox.heldRoom, deps.spareBytes);
  }

  start(): void {
    const { link } = this.#deps;
    link.handle(LINK_KIND.events, ({ body }) => this.#read(body));
    link.handle(LINK_KIND.held, ({ body }) => this.#holdFrom(readSequence(asBuffer(body), 0)));
    link.beforeWrite(() => this.#report());
    link.onClosed(() => this.#gone());
    link.wake();
  }

  get connections(): number {
    return this.#open.size;
  }

  get isGone(): boolean {
    return this.#phase !== 'linked';
  }

  has(connection: string): boolean {
    return this.#open.has(connection);
  }

  fullChanged(): void {
    this.#mustReport = true;
    this.#deps.link.wake();
  }

  /** Notes that all up to and with this sequence of the outbox is delivered. */
  deliveredThrough(through: number): void {
    const before = this.#delivered;
    for (let place = this.#places[0]; place !== undefined && place.global <= through; place = this.#places[0]) {
      this.#places.shift();
      this.#delivered = place.local;
    }
    if (this.#delivered === before) return;
    this.#mustReport = true;
    this.#deps.link.wake();
  }

  /** Offers the outbox what waits for room. */
  release(): void {
    if (this.#held.size === 0 || this.#isBusy) return;
    this.#isBusy = true;
    this.#held.release(
      ({ event, local }) => this.#append(event, local) > 0,
      (connection) => this.#deps.link.send({ kind: LINK_KIND.unblocked, body: Buffer.from(connection) }),
    );
    this.#isBusy = false;
    this.#noteProgress();
  }

  /** Takes frames that waited for room, and then closes what a worker that is gone left open. */
  goOn(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#takeUnread();
    if (this.#phase === 'gone' && this.#unread.length === 0) this.#closeRest();
    this.#isBusy = false;
    this.#noteProgress();
    if (this.#phase !== 'closing' || this.#held.size > 0) return;
    this.#phase = 'settled';
    this.#deps.onSettled(this.#closes);
  }

  #read(body: Uint8Array): void {
    this.#unread.push({ bytes: asBuffer(body), at: 0 });
    if (this.#unread.length === 1) this.goOn();
  }

  #takeUnread(): void {
    try {
      for (let first = this.#unread[0]; first !== undefined && this.#take(first); first = this.#unread[0]) {
        this.#unread.shift();
      }
    } catch (error) {
      // Bytes that are not records: nothing behind them can be read.
      this.#unread = [];
      this.#deps.link.destroy(errorMessage(error));
    }
  }

  /** Takes the records of a frame; false when one has to wait. */
  #take(unread: Unread): boolean {
    const { bytes } = unread;
    while (unread.at < bytes.length) {
      const record = readRecordAt(bytes, unread.at);
      if (record.type === 'retagged') {
        if (this.#open.retag(record.now)) this.#deps.outbox.retagged(record.now);
      } else if (!this.#accept(record.event)) return false;
      unread.at = record.end;
    }
    return true;
  }

  /** Hot: runs once for each event. False when there is no room, not even to wait. */
  #accept(event: NewEvent): boolean {
    const { connection, action } = event;
    const local = this.#local + 1;
    const isKept = this.#refused.size === 0 || this.#isKept(event);
    if (isKept) {
      const mustWait = this.#held.size > 0 && this.#held.has(connection);
      const sequence = mustWait ? 0 : this.#append(event, local);
      if (sequence <= 0 && !this.#holdOrRefuse(event, local, sequence)) return false;
    }
    this.#local = local;
    if (action !== 'message' && isKept && !this.#refused.has(connection)) this.#open.apply(event);
    return true;
  }

  /** False for an event of a connection that had one refused. */
  #isKept({ connection, action }: NewEvent): boolean {
    const refused = this.#refused.get(connection);
    if (refused === undefined) return true;
    if (action !== 'close') return false;
    this.#refused.delete(connection);
    return refused === 'cut off';
  }

  #append(event: NewEvent, local: number): number {
    const sequence = this.#deps.outbox.append(withOwnMemory(event));
    if (sequence <= 0) return sequence;
    this.#global = sequence;
    if (event.reason === 'worker_crashed') this.#deps.onClosed(event.connection, sequence);
    if (event.action === 'open' && local >= this.#heldFromLocal) {
      this.#opens.push({ local, global: sequence });
      if (this.#opens.length === 1) this.#deps.onHeldFrom(sequence);
    }
    return sequence;
  }

  /** False when the link must wait: the outbox is full, and so is the room for what waits. */
  #holdOrRefuse(event: NewEvent, local: number, answer: number): boolean {
    const { connection, action } = event;
    const { canPause, outbox, link } = this.#deps;
    if (action === 'open') {
      this.#refuse(connection, 'outbox_full', 'unannounced');
      return true;
    }
    const isFirst = !this.#held.has(connection);
    if ((canPause || action === 'close') && this.#held.hold(withOwnMemory(event), local)) {
      if (isFirst) link.send({ kind: LINK_KIND.blocked, body: Buffer.from(connection) });
      return true;
    }
    if (canPause && answer !== NEVER_FITS && outbox.isFull) return false;
    this.#refuse(connection, answer === NEVER_FITS ? 'message_above_bound' : 'outbox_full', 'cut off');
    return true;
  }

  #refuse(connection: string, reason: RefusalReason, effect: 'unannounced' | 'cut off'): void {
    this.#refused.set(connection, effect);
    const flags = effect === 'cut off' ? LINK_FLAG.message : 0;
    this.#deps.link.send({
      kind: LINK_KIND.refused,
      flags,
      op: refusalOp(reason),
      body: Buffer.from(connection),
    });
  }

  /** Notes from which event on the worker's mirror holds back. */
  #holdFrom(local: number): void {
    this.#heldFromLocal = local;
    const stay = this.#opens.findIndex((open) => open.local >= local);
    if (stay === 0) return;
    this.#opens = stay < 0 ? [] : this.#opens.slice(stay);
    this.#deps.onHeldFrom(this.#opens[0]?.global ?? Infinity);
  }

  /** Notes up to which event of the worker everything is in the outbox. */
  #noteProgress(): void {
    const settled = Math.min(this.#local, this.#held.from - 1);
    this.#mustReport = true;
    this.#deps.link.wake();
    if (settled <= this.#settled) return;
    this.#settled = settled;
    this.#places.push({ local: settled, global: this.#global });
    this.deliveredThrough(this.#deps.outbox.deliveredThrough);
  }

  #report(): void {
    if (!this.#mustReport) return;
    this.#mustReport = false;
    const body = Buffer.allocUnsafe(2 * SEQUENCE_BYTES);
    writeSequence(body, this.#local, 0);
    writeSequence(body, this.#delivered, SEQUENCE_BYTES);
    const { link, outbox } = this.#deps;
    link.send({ kind: LINK_KIND.taken, flags: outbox.isFull ? LINK_FLAG.full : 0, body });
  }

  #gone(): void {
    this.#phase = 'gone';
    this.#heldFromLocal = Infinity;
    this.#opens = [];
    this.#deps.onHeldFrom(Infinity);
    this.goOn();
  }

  /** Closes what the worker left open. */
  #closeRest(): void {
    this.#phase = 'closing';
    for (const { connection, tags, destinations } of this.#open) {
      this.#closes += 1;
      this.#accept({
        connection,
        action: 'close',
        type: undefined,
        tags,
        message: undefined,
        reason: 'worker_crashed',
        destinations,
      });
    }
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The event with a message that does not keep the whole chunk of the link in memory. */
function withOwnMemory(event: NewEvent): NewEvent {
  const { message } = event;
  if (message === undefined || isAloneInMemory(message)) return event;
  return { ...event, message: new Uint8Array(message) };
}

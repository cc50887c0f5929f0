import { MessageBatch } from './message-batch.js';
import type { OutboundMessage, SocketGroup } from '../socket.js';
import { Topics } from './topics.js';

/** A socket as a receiver of what is published. The fields belong to `TurnWrites`. */
export interface TurnMember {
  /** The turn that `written` speaks of. */
  turn: number;
  /** Up to here what was published in that turn has been written to it, or is not meant for it. */
  written: number;
  /** Those with which it has got the same so far; undefined between flushes. */
  part: TurnPart | undefined;
  /**
   * Takes the batch, in order with all that it is given. False: over its limit, nothing of it was
   * taken.
   */
  put(batch: MessageBatch): boolean;
  /** Told of each message that it did not take. */
  dropped(message: OutboundMessage): void;
}

/** Who gets a message: the members of a topic, or a group. */
interface Receivers {
  has(member: TurnMember): boolean;
  forEach(visit: (member: TurnMember) => void): void;
}

/** What was published to the same receivers in this turn. */
interface Audience {
  readonly receivers: Receivers;
  /** The part whose messages are being gathered. */
  gatheredFor: TurnPart | undefined;
}

interface Published {
  readonly audience: Audience;
  readonly message: OutboundMessage;
}

/** Members that belong to the same audiences: what they get is one buffer. */
export interface TurnPart {
  /**
   * The part from which it was split off, and the audience that its members have and those that
   * stayed there have not.
   */
  readonly parent: TurnPart | undefined;
  readonly audience: Audience | undefined;
  /** The last audience that split this one, and the part of those that belong to it. */
  splitBy: Audience | undefined;
  split: TurnPart | undefined;
  batch: MessageBatch | undefined;
}

/**
 * From this size on what was published leaves at once: readers' buffers are looked at about as
 * often (delivery.ts).
 */
const MOST_BYTES = 64 * 1024;
const FRAME_OVERHEAD_BYTES = 16;

/**
 * Gathers what is published in a turn of the event loop and writes it when that ends: publishing
 * costs nothing for each receiver, and sockets that get the same messages, by whatever selectors,
 * share one buffer and get it in one write. In order with what is sent to a socket alone, which
 * calls `settle` first. Measured by bench/fan-out.
 */
export class TurnWrites {
  readonly #topics = new Topics<TurnMember>();
  #published: Published[] = [];
  readonly #audiences = new Map<Receivers, Audience>();
  #bytes = 0;
  #turn = 1;
  #scheduled: NodeJS.Immediate | undefined;
  #lastBatch: MessageBatch | undefined;

  /** Hot: a broadcast costs this much whatever the number of members. */
  publish(topic: string, message: OutboundMessage): void {
    const members = this.#topics.members(topic);
    if (members !== undefined) this.#publishTo(members, message);
  }

  /** Hot, as above. The receivers must not change without `settle`. */
  #publishTo(receivers: Receivers, message: OutboundMessage): void {
    let audience = this.#audiences.get(receivers);
    if (audience === undefined) {
      audience = { receivers, gatheredFor: undefined };
      this.#audiences.set(receivers, audience);
    }
    this.#published.push({ audience, message });
    this.#bytes += message.payload.byteLength + FRAME_OVERHEAD_BYTES;
    if (this.#bytes > MOST_BYTES) this.flush();
    else this.#scheduled ??= setImmediate(() => this.flush());
  }

  /** A group of these members. Takes the array, which must not change any more. */
  group(members: readonly TurnMember[]): SocketGroup {
    const receivers = new ListedReceivers(members);
    return { publish: (message) => this.#publishTo(receivers, message) };
  }

  subscribe(member: TurnMember, topic: string): void {
    this.settle(member);
    this.#topics.subscribe(member, topic);
  }

  unsubscribe(member: TurnMember, topic: string): void {
    this.settle(member);
    this.#topics.unsubscribe(member, topic);
  }

  /**
   * Takes the member out of every topic; what was published to it before is written first unless it
   * takes nothing more.
   */
  leave(member: TurnMember): void {
    this.settle(member);
    this.#topics.leave(member);
  }

  /**
   * Writes what was published to this member in this turn: what is sent to it next stands behind
   * that.
   */
  settle(member: TurnMember): void {
    const { length } = this.#published;
    if (length === 0) return;
    const from = this.#writtenOf(member);
    if (from === length) return;
    member.turn = this.#turn;
    member.written = length;
    const messages: OutboundMessage[] = [];
    for (let i = from; i < length; i += 1) {
      const published = this.#published[i];
      if (published?.audience.receivers.has(member) === true) messages.push(published.message);
    }
    if (messages.length > 0) put(member, this.batchOf(messages));
  }

  /**
   * A batch of these messages: sockets that are sent the same ones in a row share it. Copies the
   * array.
   */
  batchOf(messages: readonly OutboundMessage[]): MessageBatch {
    let batch = this.#lastBatch;
    if (batch?.holds(messages) === true) return batch;
    // Forgotten after the turn, for it may be large.
    if (batch === undefined) setImmediate(() => (this.#lastBatch = undefined));
    batch = new MessageBatch(messages.slice());
    this.#lastBatch = batch;
    return batch;
  }

  /** Writes all that was published in this turn. */
  flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const published = this.#published;
    if (published.length === 0) return;
    if (this.#audiences.size === 1) this.#flushOne(published);
    else this.#flushSeveral(published);
    this.#published = [];
    this.#audiences.clear();
    this.#bytes = 0;
    this.#turn += 1;
  }

  #flushOne(published: readonly Published[]): void {
    const batch = new MessageBatch(published.map(({ message }) => message));
    for (const receivers of this.#audiences.keys()) {
      receivers.forEach((member) => {
        if (this.#writtenOf(member) === 0) put(member, batch);
        else this.settle(member);
      });
    }
  }

  /**
   * Splits the receivers audience by audience until those of a part get the same. No bound on
   * audiences: nobody is visited but receivers.
   */
  #flushSeveral(published: readonly Published[]): void {
    const touched: TurnMember[] = [];
    const everybody = newPart(undefined, undefined);
    for (const audience of this.#audiences.values()) {
      audience.receivers.forEach((member) => {
        if (member.part === undefined) touched.push(member);
        member.part = splitOff(member.part ?? everybody, audience);
      });
    }
    for (const member of touched) {
      const { part } = member;
      member.part = undefined;
      if (part === undefined) continue;
      if (this.#writtenOf(member) > 0) this.settle(member);
      else {
        part.batch ??= new MessageBatch(messagesOf(part, published));
        put(member, part.batch);
      }
    }
  }

  #writtenOf(member: TurnMember): number {
    return member.turn === this.#turn ? member.written : 0;
  }
}

/** Members in an array, as a list of ids that never comes again is made faster so. */
class ListedReceivers implements Receivers {
  readonly #members: readonly TurnMember[];
  /** Made when it is first asked for: for a member that is sent something else in the same turn. */
  #set: ReadonlySet<TurnMember> | undefined;

  constructor(members: readonly TurnMember[]) {
    this.#members = members;
  }

  has(member: TurnMember): boolean {
    this.#set ??= new Set(this.#members);
    return this.#set.has(member);
  }

  forEach(visit: (member: TurnMember) => void): void {
    for (const member of this.#members) visit(member);
  }
}

function put(member: TurnMember, batch: MessageBatch): void {
  if (member.put(batch)) return;
  for (const message of batch.messages) member.dropped(message);
}

function newPart(parent: TurnPart | undefined, audience: Audience | undefined): TurnPart {
  return { parent, audience, splitBy: undefined, split: undefined, batch: undefined };
}

/** The part of those of `part` that belong to the audience. */
function splitOff(part: TurnPart, audience: Audience): TurnPart {
  if (part.splitBy === audience && part.split !== undefined) return part.split;
  const split = newPart(part, audience);
  part.splitBy = audience;
  part.split = split;
  return split;
}

/** What the members of a part get, in the order in which it was published. */
function messagesOf(part: TurnPart, published: readonly Published[]): OutboundMessage[] {
  for (let one: TurnPart | undefined = part; one !== undefined; one = one.parent) {
    if (one.audience !== undefined) one.audience.gatheredFor = part;
  }
  const messages: OutboundMessage[] = [];
  for (const { audience, message } of published) if (audience.gatheredFor === part) messages.push(message);
  return messages;
}

import { MessageBatch } from './message-batch.js';
import type { OutboundMessage, SocketGroup } from '../socket.js';

/** A socket as a receiver of published messages. The fields belong to `TurnWrites`. */
export interface TurnMember {
  /** The turn that `written` refers to. */
  turn: number;
  /** Number of messages published in that turn that were written to it or are not for it. */
  written: number;
  /**
   * The group of members that have received the same messages so far; undefined between flushes.
   */
  part: TurnPart | undefined;
  /**
   * Writes the batch, in order with other writes. Returns false, having written nothing, when the
   * socket is over its limit.
   */
  put(batch: MessageBatch): boolean;
  /** Called for each message that it did not accept. */
  dropped(message: OutboundMessage): void;
}

/** The receivers of a message: the members of a topic, or a group. */
interface Receivers {
  has(member: TurnMember): boolean;
  forEach(visit: (member: TurnMember) => void): void;
}

/** The receivers of messages published in this turn, one object per topic or group. */
interface Audience {
  readonly receivers: Receivers;
  /** The part whose messages are being collected. */
  gatheredFor: TurnPart | undefined;
}

interface Published {
  readonly audience: Audience;
  readonly message: OutboundMessage;
}

/** Members that belong to the same audiences, so they share one buffer. */
export interface TurnPart {
  /** The part that it was split from; its members belong to `audience`, the others do not. */
  readonly parent: TurnPart | undefined;
  readonly audience: Audience | undefined;
  /** The last audience that split this part, and the part that was split off. */
  splitBy: Audience | undefined;
  split: TurnPart | undefined;
  batch: MessageBatch | undefined;
}

/**
 * From this size on published messages are written at once; delivery checks buffers about as often.
 */
const MOST_BYTES = 64 * 1024;
const FRAME_OVERHEAD_BYTES = 16;

/**
 * Gathers messages published in one turn of the event loop and writes them when the turn ends.
 * Publishing costs nothing per receiver, and sockets that get the same messages, through whatever
 * selectors, share one buffer and one write. Order is kept with messages sent to one socket,
 * because sending calls `settle` first. Measured by bench/fan-out.
 */
export class TurnWrites {
  readonly #topics = new Topics<TurnMember>();
  #published: Published[] = [];
  readonly #audiences = new Map<Receivers, Audience>();
  #bytes = 0;
  #turn = 1;
  #scheduled: NodeJS.Immediate | undefined;
  #lastBatch: MessageBatch | undefined;

  /** Hot path: the cost does not depend on the number of members. */
  publish(topic: string, message: OutboundMessage): void {
    const members = this.#topics.members(topic);
    if (members !== undefined) this.#publishTo(members, message);
  }

  /** Hot path, as above. The receivers must not change without `settle`. */
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

  /** Creates a group of these members. The array must not change afterwards. */
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
   * Removes the member from every topic, after writing what was published to it, if it is still
   * open.
   */
  leave(member: TurnMember): void {
    this.settle(member);
    this.#topics.leave(member);
  }

  /**
   * Writes what was published to this member in this turn, so that what is sent to it next comes
   * after.
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
   * Returns a batch of these messages. Consecutive sockets with the same messages share it. Copies
   * the array.
   */
  batchOf(messages: readonly OutboundMessage[]): MessageBatch {
    let batch = this.#lastBatch;
    if (batch?.holds(messages) === true) return batch;
    // Dropped after the turn, because it may be large.
    if (batch === undefined) setImmediate(() => (this.#lastBatch = undefined));
    batch = new MessageBatch(messages.slice());
    this.#lastBatch = batch;
    return batch;
  }

  /** Writes everything that was published in this turn. */
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
   * Splits the receivers by audience (partition refinement) until all members of a part get the
   * same messages. Visits receivers only, so the number of audiences needs no limit.
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

/** Receivers in an array, which is faster to create for a list of ids that is used once. */
class ListedReceivers implements Receivers {
  readonly #members: readonly TurnMember[];
  /** Created on first use, for a member that is sent something else in the same turn. */
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

/** Returns the part of `part`'s members that belong to the audience. */
function splitOff(part: TurnPart, audience: Audience): TurnPart {
  if (part.splitBy === audience && part.split !== undefined) return part.split;
  const split = newPart(part, audience);
  part.splitBy = audience;
  part.split = split;
  return split;
}

/** Returns the messages for the members of a part, in the order of publishing. */
function messagesOf(part: TurnPart, published: readonly Published[]): OutboundMessage[] {
  for (let one: TurnPart | undefined = part; one !== undefined; one = one.parent) {
    if (one.audience !== undefined) one.audience.gatheredFor = part;
  }
  const messages: OutboundMessage[] = [];
  for (const { audience, message } of published) if (audience.gatheredFor === part) messages.push(message);
  return messages;
}

/**
 * Subscriptions to topics, for a server library without topics. Indexed both ways, so that leaving
 * costs O(topics of the member).
 */
class Topics<M extends object> {
  readonly #members = new Map<string, Set<M>>();
  readonly #topics = new Map<M, Set<string>>();

  subscribe(member: M, topic: string): void {
    add(this.#members, topic, member);
    add(this.#topics, member, topic);
  }

  unsubscribe(member: M, topic: string): void {
    remove(this.#members, topic, member);
    remove(this.#topics, member, topic);
  }

  /** Takes the member out of every topic. */
  leave(member: M): void {
    const topics = this.#topics.get(member);
    if (topics === undefined) return;
    this.#topics.delete(member);
    for (const topic of topics) remove(this.#members, topic, member);
  }

  /** Returns the members of a topic; undefined when it has none. */
  members(topic: string): ReadonlySet<M> | undefined {
    return this.#members.get(topic);
  }
}

function add<K, V>(index: Map<K, Set<V>>, key: K, value: V): void {
  const values = index.get(key);
  if (values === undefined) index.set(key, new Set([value]));
  else values.add(value);
}

function remove<K, V>(index: Map<K, Set<V>>, key: K, value: V): void {
  const values = index.get(key);
  if (values === undefined || !values.delete(value)) return;
  if (values.size === 0) index.delete(key);
}

import { MessageBatch } from './message-batch.js';
import type { OutboundMessage } from './socket.js';
import { Topics } from './topics.js';

/** A socket as a member of topics. The fields belong to `TurnWrites`. */
export interface TopicMember {
  /** The turn that `written` speaks of. */
  turn: number;
  /** Up to here what was published in that turn has been written to it, or is not meant for it. */
  written: number;
  /** Bits of the topics published to in this turn that it is in; 0 between flushes. */
  topicBits: number;
  /** Takes the batch, in order with all that it is given. False: over its limit, nothing of it was taken. */
  put(batch: MessageBatch): boolean;
}

interface Published {
  readonly members: ReadonlySet<TopicMember>;
  readonly message: OutboundMessage;
}

/** From this size on what was published leaves at once: readers' buffers are looked at about as often (delivery.ts). */
const MOST_BYTES = 64 * 1024;
const FRAME_OVERHEAD_BYTES = 16;
/** Bits of an integer that V8 keeps without an object. */
const MOST_TOPICS = 30;

/**
 * Topics whose messages leave once a turn of the event loop: publishing costs nothing for each member, and the members of the same
 * topics share one buffer and get it in one write. In order with what is sent to a member alone, which calls `settle` first.
 * Measured by bench/fan-out.
 */
export class TurnWrites<M extends TopicMember> {
  readonly #topics = new Topics<M>();
  readonly #onDropped: (member: M, message: OutboundMessage) => void;
  #published: { readonly members: ReadonlySet<M>; readonly message: OutboundMessage }[] = [];
  /** The topics of these, each with its bit. */
  readonly #bits = new Map<ReadonlySet<M>, number>();
  #bytes = 0;
  #turn = 1;
  #scheduled: NodeJS.Immediate | undefined;
  #lastBatch: MessageBatch | undefined;

  /** `onDropped` is called for each message that a member did not take. */
  constructor(onDropped: (member: M, message: OutboundMessage) => void) {
    this.#onDropped = onDropped;
  }

  /** Hot: a broadcast costs this much whatever the number of members. */
  publish(topic: string, message: OutboundMessage): void {
    const members = this.#topics.members(topic);
    if (members === undefined) return;
    if (!this.#bits.has(members)) {
      if (this.#bits.size === MOST_TOPICS) this.flush();
      this.#bits.set(members, 1 << this.#bits.size);
    }
    this.#published.push({ members, message });
    this.#bytes += message.payload.byteLength + FRAME_OVERHEAD_BYTES;
    if (this.#bytes > MOST_BYTES) this.flush();
    else this.#scheduled ??= setImmediate(() => this.flush());
  }

  subscribe(member: M, topic: string): void {
    this.settle(member);
    this.#topics.subscribe(member, topic);
  }

  unsubscribe(member: M, topic: string): void {
    this.settle(member);
    this.#topics.unsubscribe(member, topic);
  }

  /** Takes the member out of every topic; what was published to it before is written first unless it takes nothing more. */
  leave(member: M): void {
    this.settle(member);
    this.#topics.leave(member);
  }

  /** Writes what was published to this member in this turn: what is sent to it next stands behind that. */
  settle(member: M): void {
    const { length } = this.#published;
    if (length === 0) return;
    const from = this.#writtenOf(member);
    if (from === length) return;
    member.turn = this.#turn;
    member.written = length;
    const messages: OutboundMessage[] = [];
    for (let i = from; i < length; i += 1) {
      const published = this.#published[i];
      if (published?.members.has(member) === true) messages.push(published.message);
    }
    if (messages.length > 0) this.#put(member, new MessageBatch(messages));
  }

  /** A batch of these messages: sockets that are sent the same ones in a row share it. Copies the array. */
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
    if (this.#bits.size === 1) this.#flushOne(published);
    else this.#flushSeveral(published);
    this.#published = [];
    this.#bits.clear();
    this.#bytes = 0;
    this.#turn += 1;
  }

  #flushOne(published: readonly Published[]): void {
    const batch = new MessageBatch(published.map(({ message }) => message));
    for (const members of this.#bits.keys()) {
      for (const member of members) {
        if (this.#writtenOf(member) === 0) this.#put(member, batch);
        else this.settle(member);
      }
    }
  }

  #flushSeveral(published: readonly Published[]): void {
    const touched: M[] = [];
    for (const [members, bit] of this.#bits) {
      for (const member of members) {
        if (member.topicBits === 0) touched.push(member);
        member.topicBits |= bit;
      }
    }
    const batches = new Map<number, MessageBatch>();
    for (const member of touched) {
      const bits = member.topicBits;
      member.topicBits = 0;
      if (this.#writtenOf(member) > 0) {
        this.settle(member);
        continue;
      }
      let batch = batches.get(bits);
      if (batch === undefined) {
        batch = new MessageBatch(this.#messagesOf(published, bits));
        batches.set(bits, batch);
      }
      this.#put(member, batch);
    }
  }

  #messagesOf(published: readonly Published[], bits: number): OutboundMessage[] {
    return published.filter(({ members }) => (this.#bitOf(members) & bits) !== 0).map(({ message }) => message);
  }

  #bitOf(members: ReadonlySet<TopicMember>): number {
    for (const [known, bit] of this.#bits) if (known === members) return bit;
    return 0;
  }

  #writtenOf(member: M): number {
    return member.turn === this.#turn ? member.written : 0;
  }

  #put(member: M, batch: MessageBatch): void {
    if (member.put(batch)) return;
    for (const message of batch.messages) this.#onDropped(member, message);
  }
}

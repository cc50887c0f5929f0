import { systemClock, type Clock } from '../../core/clock.js';
import type { CloseReasonName } from '../close-reason.js';
import type { Connection } from '../connection/connection.js';
import type { ConnectionRegistry, RegistryObserver } from '../connection/registry.js';
import type { Selector } from '../tag-index/parse-selector.js';
import type { OutboundMessage } from '../transport/socket.js';
import type { Transport } from '../transport/transport.js';
import { CloseDeadlines } from './close-deadlines.js';
import { ConnectionWriter } from './connection-writer.js';
import { createDeliveryCounters, type DeliveryCounters } from './delivery-counters.js';
import { ReceiverGroups, type ReceiverGroup } from './receiver-groups.js';
import { TopicTable, type Topic } from './topic-table.js';

/**
 * From so many receivers on a pair goes by topic, and ids by group. Below that both ways cost the
 * same CPU (bench/fan-out with FAN_OUT_ONLY=8x1,8x16 has them side by side: on uws one pair goes by
 * topic, two do not), so memory decides: a pair with a handful of members is often unique to one
 * user and sent to once.
 */
const TOPIC_FROM_MEMBERS = 8;

/**
 * The members of a topic, or of all groups in use, are looked at each time so much was published to
 * them.
 */
const CHECK_EACH_BYTES = 64 * 1024;
/** Lists of ids may make a group for each message. */
const MOST_UNCHECKED_GROUPS = 32;

/** Frame header, and what makes empty messages count. */
const FRAME_OVERHEAD_BYTES = 16;

/** What delivery works with. */
export interface DeliveryOptions {
  readonly registry: ConnectionRegistry;
  readonly clock?: Clock;
  /** A connection that has not ended so long after its close began is cut. Default 5,000. */
  readonly closeTimeoutMs?: number;
}

/** What could not be written yet, at a moment. */
export interface DeliveryBacklog {
  readonly connections: number;
  /** In our queues and in those of the library. */
  readonly bytes: number;
}

/**
 * Brings messages to connections, in the order of the calls for each of them. A selector of one
 * pair goes by a topic of the transport, others by a group where it has groups; everything else,
 * and every connection that reads too slowly, by the connection's own queue.
 */
export class Delivery implements RegistryObserver {
  readonly counters: DeliveryCounters = createDeliveryCounters();
  readonly #registry: ConnectionRegistry;
  readonly #topics = new TopicTable();
  readonly #deadlines: CloseDeadlines;
  readonly #writer: ConnectionWriter;
  #transport: Pick<Transport, 'publish' | 'group'> | undefined;
  /** Only where the transport has groups. */
  #groups: ReceiverGroups | undefined;
  /** Published to since their members' buffers were last looked at, and how much. */
  readonly #uncheckedGroups = new Set<ReceiverGroup>();
  #uncheckedBytes = 0;
  #flushOwed: NodeJS.Immediate | undefined;
  /** Told by the library, inside a call that must not be disturbed, to have lost messages. */
  #overflown: Connection[] = [];
  /** Counted as sent before the library dropped them. */
  #sentTooMany = 0;

  constructor(options: DeliveryOptions) {
    const clock = options.clock ?? systemClock;
    this.#registry = options.registry;
    this.#deadlines = new CloseDeadlines(
      clock,
      options.closeTimeoutMs ?? 5000,
      () => (this.counters.closeIgnored += 1),
    );
    this.#writer = new ConnectionWriter({ topics: this.#topics, counters: this.counters, deadlines: this.#deadlines });
  }

  /** Before the first connection opens: `transport` is where topics are. */
  start(transport: Pick<Transport, 'publish' | 'group'>): void {
    this.#transport = transport;
    const makeGroup = transport.group?.bind(transport);
    if (makeGroup !== undefined)
      this.#groups = new ReceiverGroups({ registry: this.#registry, writer: this.#writer, makeGroup });
    this.#registry.observe(this);
  }

  /**
   * Writes what is owed and cancels every timer; what congested connections have waiting stays
   * unsent. Idempotent.
   */
  stop(): void {
    this.#flush();
    this.#deadlines.stop();
  }

  /** Answers how many connections took the message. */
  send(selector: Selector, message: OutboundMessage): number {
    const topic = this.#findTopic(selector);
    if (topic !== undefined) return this.#publish(topic, message);
    if (this.#groups !== undefined && mayMeanMany(selector)) return this.#publishTo(this.#groups, selector, message);
    let count = 0;
    for (const connection of this.#registry.select(selector)) {
      if (this.#writer.write(connection, message)) count += 1;
    }
    this.#oweFlush();
    return count;
  }

  /** Sends to one connection. False: it does not take the message. */
  sendTo(connection: Connection, message: OutboundMessage): boolean {
    const taken = this.#writer.write(connection, message);
    this.#oweFlush();
    return taken;
  }

  /**
   * Closes all that are meant behind what waits for them, `message` last. Answers how many closes
   * began.
   */
  close(selector: Selector, reason: CloseReasonName, message?: OutboundMessage): number {
    let count = 0;
    for (const connection of this.#registry.select(selector)) {
      if (this.#writer.close(connection, reason, message)) count += 1;
    }
    return count;
  }

  /** Closes one connection behind what waits for it. False: it closes already. */
  closeOne(connection: Connection, reason: CloseReasonName): boolean {
    return this.#writer.close(connection, reason);
  }

  /** How many of those that are meant are above their low-water mark. O(congested connections). */
  congested(selector: Selector): number {
    if (this.#writer.congested.size === 0) return 0;
    let count = 0;
    for (const connection of this.#writer.congested) if (matches(connection, selector)) count += 1;
    return count;
  }

  /** What waits for connections above their low-water mark. O(congested connections). */
  backlog(): DeliveryBacklog {
    const { congested } = this.#writer;
    let bytes = 0;
    for (const { queue, socket } of congested) bytes += (queue?.bytes ?? 0) + socket.bufferedBytes();
    return { connections: congested.size, bytes };
  }

  /** The transport's `drain`. */
  drained(connection: Connection): void {
    this.#writer.drained(connection);
  }

  /**
   * The transport's `dropped`. Acted on after the tick: the library may be in the middle of its
   * list of subscribers.
   */
  dropped(connection: Connection): void {
    this.#overflown.push(connection);
    this.#flushOwed ??= setImmediate(() => this.#flush());
  }

  tagged(connection: Connection, key: string, value: string): void {
    this.#topics.join(connection, key, value);
  }

  untagged(connection: Connection, key: string, value: string): void {
    this.#topics.leave(connection, key, value);
  }

  closed(connection: Connection): void {
    this.#writer.forget(connection);
  }

  #findTopic(selector: Selector): Topic | undefined {
    if (selector.kind !== 'pairs' || selector.pairs.size !== 1) return undefined;
    for (const [key, value] of selector.pairs) {
      const topic = this.#topics.find(key, value);
      if (topic !== undefined) return topic;
      const members = this.#registry.withTag(key, value);
      if (members !== undefined && members.size >= TOPIC_FROM_MEMBERS) return this.#topics.create(key, value, members);
    }
    return undefined;
  }

  /**
   * Hot path of a broadcast: no work for each member but for the detached ones. Measured by
   * bench/helper-loop.
   */
  #publish(topic: Topic, message: OutboundMessage): number {
    if (this.#writer.hasGathered) this.#writer.flush();
    const attached = topic.members.size - topic.detached.size;
    let taken = attached;
    for (const connection of topic.detached) if (this.#writer.write(connection, message)) taken += 1;
    if (attached === 0) return taken;
    this.#transport?.publish(topic.name, message);
    this.#countSent(attached);
    topic.uncheckedBytes += message.payload.byteLength + FRAME_OVERHEAD_BYTES;
    if (topic.uncheckedBytes >= CHECK_EACH_BYTES) this.#check(topic);
    return taken;
  }

  /** Hot, as above: no work for each receiver. Measured by bench/fan-out. */
  #publishTo(groups: ReceiverGroups, selector: Selector, message: OutboundMessage): number {
    if (this.#writer.hasGathered) this.#writer.flush();
    const group = groups.of(selector);
    let taken = group.attached.length;
    for (const connection of group.detached) if (this.#writer.write(connection, message)) taken += 1;
    if (group.attached.length === 0) return taken;
    group.sockets.publish(message);
    this.#countSent(group.attached.length);
    this.#uncheckedGroups.add(group);
    this.#uncheckedBytes += message.payload.byteLength + FRAME_OVERHEAD_BYTES;
    if (this.#uncheckedBytes >= CHECK_EACH_BYTES || this.#uncheckedGroups.size >= MOST_UNCHECKED_GROUPS)
      this.#checkGroups();
    return taken;
  }

  #checkGroups(): void {
    this.#uncheckedBytes = 0;
    for (const group of this.#uncheckedGroups) for (const one of group.attached) this.#writer.check(one);
    this.#uncheckedGroups.clear();
    this.#oweFlush();
  }

  /** A counter must not fall: what was counted too early is made up for by what is sent next. */
  #countSent(messages: number): void {
    const tooMany = Math.min(messages, this.#sentTooMany);
    this.#sentTooMany -= tooMany;
    this.counters.messagesSent += messages - tooMany;
  }

  /**
   * Nobody can have passed the low-water mark by much while less than that was published: so this
   * is rare, and exact enough.
   */
  #check(topic: Topic): void {
    topic.uncheckedBytes = 0;
    for (const connection of topic.members) this.#writer.check(connection);
    this.#oweFlush();
  }

  #oweFlush(): void {
    if (this.#writer.owesFlush) this.#flushOwed ??= setImmediate(() => this.#flush());
  }

  #flush(): void {
    clearImmediate(this.#flushOwed);
    this.#flushOwed = undefined;
    this.#writer.flushTick();
    const overflown = this.#overflown;
    this.#overflown = [];
    this.#sentTooMany += overflown.length;
    for (const connection of overflown) {
      this.#writer.overflow(connection, 1);
      this.#writer.check(connection);
    }
    this.#oweFlush();
  }
}

/**
 * Whether a group may be worth it: one pair has a topic from a number of members on, and few ids
 * are sent to one by one.
 */
function mayMeanMany(selector: Selector): boolean {
  if (selector.kind === 'all') return true;
  return selector.kind === 'ids' ? selector.ids.size >= TOPIC_FROM_MEMBERS : selector.pairs.size > 1;
}

function matches(connection: Connection, selector: Selector): boolean {
  if (selector.kind === 'all') return true;
  if (selector.kind === 'ids') return selector.ids.has(connection.id);
  for (const [key, value] of selector.pairs) if (connection.tags.get(key) !== value) return false;
  return true;
}

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
 * Number of receivers from which a tag pair is sent through a topic, and ids through a group. Below
 * it both ways cost the same CPU (bench/fan-out with FAN_OUT_ONLY=8x1,8x16 compares them: on uws
 * one pair uses a topic, two do not), so memory decides: a pair with few members is often unique to
 * one user and sent to once.
 */
const TOPIC_FROM_MEMBERS = 8;

/**
 * Bytes published to a topic, or to all groups in use, after which the buffers of their members are
 * checked.
 */
const CHECK_EACH_BYTES = 64 * 1024;
/** Maximum number of groups between checks; lists of ids may create a group per message. */
const MOST_UNCHECKED_GROUPS = 32;

/** Size of a frame header, so that empty messages count. */
const FRAME_OVERHEAD_BYTES = 16;

export interface DeliveryDeps {
  readonly registry: ConnectionRegistry;
  readonly clock?: Clock;
  /** A connection that has not closed this long after its close began is cut. Default: 5,000. */
  readonly closeTimeoutMs?: number;
}

/** The messages queued at a moment. */
export interface DeliveryBacklog {
  readonly connections: number;
  /** Bytes in the queues of delivery and of the library. */
  readonly bytes: number;
}

/**
 * Delivers messages to connections, in the order of the calls for each of them. A selector of one
 * tag pair uses a topic of the transport, others a group where the transport has groups. Everything
 * else, and every connection that reads too slowly, uses the connection's own queue.
 */
export class Delivery implements RegistryObserver {
  readonly counters: DeliveryCounters = createDeliveryCounters();
  readonly #registry: ConnectionRegistry;
  readonly #topics = new TopicTable();
  readonly #deadlines: CloseDeadlines;
  readonly #writer: ConnectionWriter;
  #transport: Pick<Transport, 'publish' | 'group'> | undefined;
  /** Undefined if the transport has no groups. */
  #groups: ReceiverGroups | undefined;
  /** Groups published to since their members' buffers were last checked. */
  readonly #uncheckedGroups = new Set<ReceiverGroup>();
  #uncheckedBytes = 0;
  #flushOwed: NodeJS.Immediate | undefined;
  /**
   * Connections for which the library reported lost messages, inside a call that must not be
   * disturbed.
   */
  #overflown: Connection[] = [];
  /** Messages counted as sent that the library dropped later. */
  #sentTooMany = 0;

  constructor(deps: DeliveryDeps) {
    const clock = deps.clock ?? systemClock;
    this.#registry = deps.registry;
    this.#deadlines = new CloseDeadlines(clock, deps.closeTimeoutMs ?? 5000, () => (this.counters.closeIgnored += 1));
    this.#writer = new ConnectionWriter({ topics: this.#topics, counters: this.counters, deadlines: this.#deadlines });
  }

  /** Starts to deliver through `transport`. Call it before the first connection opens. */
  start(transport: Pick<Transport, 'publish' | 'group'>): void {
    this.#transport = transport;
    const makeGroup = transport.group?.bind(transport);
    if (makeGroup !== undefined)
      this.#groups = new ReceiverGroups({ registry: this.#registry, writer: this.#writer, makeGroup });
    this.#registry.observe(this);
  }

  /**
   * Writes what is gathered and cancels every timer. Messages queued for congested connections stay
   * unsent. Idempotent.
   */
  stop(): void {
    this.#flush();
    this.#deadlines.stop();
  }

  /** Returns how many connections accepted the message. */
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

  /** Sends to one connection. Returns false when it does not accept the message. */
  sendTo(connection: Connection, message: OutboundMessage): boolean {
    const taken = this.#writer.write(connection, message);
    this.#oweFlush();
    return taken;
  }

  /**
   * Closes the selected connections after what is queued for them, with `message` last. Returns how
   * many closes began.
   */
  close(selector: Selector, reason: CloseReasonName, message?: OutboundMessage): number {
    let count = 0;
    for (const connection of this.#registry.select(selector)) {
      if (this.#writer.close(connection, reason, message)) count += 1;
    }
    return count;
  }

  /**
   * Closes one connection after what is queued for it. Returns false when it is already closing.
   */
  closeOne(connection: Connection, reason: CloseReasonName): boolean {
    return this.#writer.close(connection, reason);
  }

  /** Number of selected connections above their low-water mark. O(congested connections). */
  congested(selector: Selector): number {
    if (this.#writer.congested.size === 0) return 0;
    let count = 0;
    for (const connection of this.#writer.congested) if (matches(connection, selector)) count += 1;
    return count;
  }

  /** Messages queued for connections above their low-water mark. O(congested connections). */
  backlog(): DeliveryBacklog {
    const { congested } = this.#writer;
    let bytes = 0;
    for (const { queue, socket } of congested) bytes += (queue?.bytes ?? 0) + socket.bufferedBytes();
    return { connections: congested.size, bytes };
  }

  /** Handles the transport's `drain`. */
  drained(connection: Connection): void {
    this.#writer.drained(connection);
  }

  /**
   * Handles the transport's `dropped` after the tick, because the library may be iterating over its
   * subscribers.
   */
  dropped(connection: Connection): void {
    this.#overflown.push(connection);
    this.#flushOwed ??= setImmediate(() => this.#flush());
  }

  /** Handles the transport's `closing`: writes what was counted as accepted in this tick. */
  closing(connection: Connection): void {
    this.#writer.writeGathered(connection);
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
   * Hot path of a broadcast: no work per member except the detached ones. Measured by
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

  /** Hot path, as above: no work per receiver. Measured by bench/fan-out. */
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

  /** Counts sent messages less those counted too early, because a counter must not decrease. */
  #countSent(messages: number): void {
    const tooMany = Math.min(messages, this.#sentTooMany);
    this.#sentTooMany -= tooMany;
    this.counters.messagesSent += messages - tooMany;
  }

  /**
   * Checks the buffers of a topic's members. No buffer can exceed the low-water mark by much while
   * less than that was published, so rare checks suffice.
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
 * Whether a group may pay off: one pair uses a topic from a number of members on, and few ids are
 * sent to individually.
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

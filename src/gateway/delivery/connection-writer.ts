import type { CloseReasonName } from '../close-reason.js';
import type { Connection } from '../connection/connection.js';
import type { OutboundMessage } from '../transport/socket.js';
import type { CloseDeadlines } from './close-deadlines.js';
import type { DeliveryCounters } from './delivery-counters.js';
import { messageCost, messageToKeep } from '../connection/message.js';
import { SendQueue } from '../connection/send-queue.js';
import type { TopicTable } from './topic-table.js';

/** Empty queues kept for the next tick, so that a broadcast allocates none. */
const POOLED_QUEUES = 4096;

/** What a connection writer works with. */
export interface ConnectionWriterParts {
  readonly topics: TopicTable;
  readonly counters: DeliveryCounters;
  readonly deadlines: CloseDeadlines;
}

/**
 * Writes to single connections through their queues: gathers what one tick owes a socket, holds
 * back what a congested one cannot take, applies the policy at the bound, and closes behind what
 * waits. A socket's order is that of the calls.
 */
export class ConnectionWriter {
  readonly #topics: TopicTable;
  readonly #counters: DeliveryCounters;
  readonly #deadlines: CloseDeadlines;
  /** Connections above their low-water mark. */
  readonly congested = new Set<Connection>();
  /** How often a connection became congested, recovered or began to close. */
  stateChanges = 0;
  #gathered: Connection[] = [];
  /** Congested in this tick: what a socket held back only because it was corked raises no drain. */
  #recheck: Connection[] = [];
  readonly #pool: SendQueue[] = [];
  /** What the corked call below writes: kept here, so that no closure is made for each socket. */
  #corked: Connection | undefined;
  readonly #writeCorked = (): void => {
    if (this.#corked !== undefined) this.#writeSome(this.#corked);
  };
  /** Whose queue is taken as a whole, likewise. */
  #receiver: Connection | undefined;
  readonly #sendOne = (message: OutboundMessage): void => {
    if (this.#receiver !== undefined) this.#send(this.#receiver, message);
  };

  constructor(parts: ConnectionWriterParts) {
    this.#topics = parts.topics;
    this.#counters = parts.counters;
    this.#deadlines = parts.deadlines;
  }

  /** Whether a `flush` is owed. */
  get owesFlush(): boolean {
    return this.#gathered.length > 0 || this.#recheck.length > 0;
  }

  /** Whether a published message would overtake one that waits for the `flush`. */
  get hasGathered(): boolean {
    return this.#gathered.length > 0;
  }

  /**
   * Queues a message; it leaves with the next `flush`, or as the socket drains. False: the
   * connection does not take it.
   */
  write(connection: Connection, message: OutboundMessage): boolean {
    const queue = connection.queue ?? this.#gather(connection);
    if (queue.state === 'congested') return this.#hold(connection, queue, message);
    if (queue.state !== 'gathering') return false;
    queue.push(message);
    if (queue.bytes > connection.endpoint.lowWaterBytes) this.#writeAll(connection, queue);
    return true;
  }

  /**
   * To be called when the tick is over: writes all that was gathered and looks again at those that
   * became congested.
   */
  flushTick(): void {
    const recheck = this.#recheck;
    this.#recheck = [];
    this.flush();
    for (const connection of recheck) this.drained(connection);
  }

  /** Writes all that was gathered: one corked call for each socket. */
  flush(): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    for (const connection of gathered) {
      const queue = connection.queue;
      if (queue?.state === 'gathering') this.#settle(connection, queue);
    }
  }

  /**
   * Looks at a connection that nothing is known of, and takes it out of its topics when it is
   * congested.
   */
  check(connection: Connection): void {
    const queue = connection.queue;
    if (queue !== undefined && queue.state !== 'gathering') return;
    if (connection.socket.bufferedBytes() <= connection.endpoint.lowWaterBytes) return;
    if (queue !== undefined) this.#writeAll(connection, queue);
    if (connection.queue?.state !== 'congested') this.#congest(connection, queue ?? new SendQueue());
  }

  /** The socket has taken some of what it buffered. */
  drained(connection: Connection): void {
    const queue = connection.queue;
    if (queue === undefined || (queue.state !== 'congested' && queue.state !== 'closing')) return;
    const lowWaterBytes = connection.endpoint.lowWaterBytes;
    while (queue.length > 0 && connection.socket.isOpen() && connection.socket.bufferedBytes() <= lowWaterBytes) {
      this.#cork(connection);
    }
    if (queue.length > 0 || connection.socket.bufferedBytes() > lowWaterBytes) return;
    if (queue.state === 'closing') this.#end(connection, queue);
    else this.#recover(connection);
  }

  /**
   * Closes behind what waits, `message` last if there is room for it, and cuts the connection when
   * that takes too long. False: it closes already, or the policy closes it for the lack of room.
   */
  close(connection: Connection, reason: CloseReasonName, message?: OutboundMessage): boolean {
    if (message !== undefined && !isClosing(connection)) this.write(connection, message);
    if (isClosing(connection)) return false;
    const queue = connection.queue ?? new SendQueue();
    if (queue.state === 'gathering') this.#writeAll(connection, queue);
    this.#startClosing(connection, connection.queue ?? queue, reason);
    this.drained(connection);
    return true;
  }

  /** Gives up what the writer keeps of a connection that has ended. */
  forget(connection: Connection): void {
    this.congested.delete(connection);
    this.#deadlines.remove(connection);
    const queue = connection.queue;
    if (queue === undefined) return;
    this.#counters.messagesUnsent += queue.length;
    queue.clear();
    queue.state = 'closed';
  }

  /** Applies the connection's policy to a message for which there is no room. */
  overflow(connection: Connection, droppedMessages: number): void {
    const policy = connection.endpoint.policy;
    this.#counters.dropped[policy] += droppedMessages;
    if (policy === 'close') this.#closeSlow(connection);
  }

  #gather(connection: Connection): SendQueue {
    const queue = this.#pool.pop() ?? new SendQueue();
    connection.queue = queue;
    this.#gathered.push(connection);
    return queue;
  }

  #settle(connection: Connection, queue: SendQueue): void {
    this.#writeAll(connection, queue);
    if (queue.state !== 'gathering') return;
    connection.queue = undefined;
    if (this.#pool.length < POOLED_QUEUES) this.#pool.push(queue);
  }

  /** Writes what was gathered; what a socket does not take at once makes it congested. */
  #writeAll(connection: Connection, queue: SendQueue): void {
    while (queue.length > 0) {
      this.#cork(connection);
      if (connection.socket.bufferedBytes() > connection.endpoint.lowWaterBytes) {
        this.#congest(connection, queue);
        return;
      }
    }
  }

  #cork(connection: Connection): void {
    if (connection.queue?.length === 1) {
      this.#writeSome(connection);
      return;
    }
    this.#corked = connection;
    connection.socket.cork(this.#writeCorked);
    this.#corked = undefined;
  }

  /**
   * Hands over up to one low-water mark, so that a socket never buffers more than twice that and
   * one message.
   */
  #writeSome(connection: Connection): void {
    const queue = connection.queue;
    if (queue === undefined) return;
    let room = connection.endpoint.lowWaterBytes;
    if (queue.bytes <= room) {
      this.#receiver = connection;
      queue.takeAll(this.#sendOne);
      this.#receiver = undefined;
      return;
    }
    while (room > 0) {
      const message = queue.shift();
      if (message === undefined) return;
      room -= messageCost(message);
      this.#send(connection, message);
    }
  }

  #send(connection: Connection, message: OutboundMessage): void {
    if (connection.socket.send(message) !== 'dropped') this.#counters.messagesSent += 1;
    else if (connection.socket.isOpen()) this.#counters.dropped[connection.endpoint.policy] += 1;
    else this.#counters.messagesUnsent += 1;
  }

  #hold(connection: Connection, queue: SendQueue, message: OutboundMessage): boolean {
    const { maxQueueBytes, policy } = connection.endpoint;
    const room = maxQueueBytes - connection.socket.bufferedBytes() - messageCost(message);
    if (policy === 'drop-oldest' && room >= 0) this.#dropOldest(queue, room);
    if (queue.bytes <= room) {
      queue.push(messageToKeep(message));
      return true;
    }
    this.overflow(connection, 1);
    return false;
  }

  #dropOldest(queue: SendQueue, room: number): void {
    while (queue.bytes > room && queue.shift() !== undefined) this.#counters.dropped['drop-oldest'] += 1;
  }

  #congest(connection: Connection, queue: SendQueue): void {
    this.stateChanges += 1;
    connection.queue = queue;
    queue.state = 'congested';
    this.congested.add(connection);
    this.#recheck.push(connection);
    this.#counters.congestions += 1;
    this.#topics.detach(connection);
  }

  #recover(connection: Connection): void {
    this.stateChanges += 1;
    connection.queue = undefined;
    this.congested.delete(connection);
    this.#topics.attach(connection);
  }

  /**
   * Nothing that waits is worth the wait: the close frame is next behind what the library has
   * buffered.
   */
  #closeSlow(connection: Connection): void {
    if (isClosing(connection)) return;
    const queue = connection.queue ?? new SendQueue();
    this.#counters.slowClosed += 1;
    this.#counters.dropped.close += queue.length;
    queue.clear();
    this.#startClosing(connection, queue, 'slow_client');
    this.#end(connection, queue);
  }

  #startClosing(connection: Connection, queue: SendQueue, reason: CloseReasonName): void {
    this.stateChanges += 1;
    connection.queue = queue;
    connection.closeReason = reason;
    queue.state = 'closing';
    this.congested.delete(connection);
    this.#topics.detach(connection);
    this.#deadlines.add(connection);
  }

  #end(connection: Connection, queue: SendQueue): void {
    queue.state = 'closed';
    connection.socket.end(connection.closeReason ?? 'internal_error');
  }
}

function isClosing(connection: Connection): boolean {
  const state = connection.queue?.state;
  return state === 'closing' || state === 'closed' || !connection.socket.isOpen();
}

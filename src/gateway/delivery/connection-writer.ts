import type { CloseReasonName } from '../close-reason.js';
import type { Connection } from '../connection/connection.js';
import type { OutboundMessage } from '../transport/socket.js';
import type { CloseDeadlines } from './close-deadlines.js';
import type { DeliveryCounters } from './delivery-counters.js';
import { messageCost, messageToKeep } from '../connection/message.js';
import { SendQueue } from '../connection/send-queue.js';
import type { TopicTable } from './topic-table.js';

/** Number of empty queues kept for reuse, so that a broadcast allocates none. */
const POOLED_QUEUES = 4096;

export interface ConnectionWriterDeps {
  readonly topics: TopicTable;
  readonly counters: DeliveryCounters;
  readonly deadlines: CloseDeadlines;
}

/**
 * Writes to single connections through their queues. It gathers the messages of one tick per
 * socket, queues messages for a congested socket, applies the policy at the limit, and closes after
 * what is queued. Messages keep the order of the calls.
 */
export class ConnectionWriter {
  readonly #topics: TopicTable;
  readonly #counters: DeliveryCounters;
  readonly #deadlines: CloseDeadlines;
  /** Connections above their low-water mark. */
  readonly congested = new Set<Connection>();
  /** Number of times that a connection became congested, recovered or began to close. */
  stateChanges = 0;
  #gathered: Connection[] = [];
  /**
   * Connections congested in this tick, to be checked again: a socket that buffered only because it
   * was corked emits no drain.
   */
  #recheck: Connection[] = [];
  readonly #pool: SendQueue[] = [];
  /** Argument of `#writeCorked`, kept in a field so that no closure is allocated per socket. */
  #corked: Connection | undefined;
  readonly #writeCorked = (): void => {
    if (this.#corked !== undefined) this.#writeSome(this.#corked);
  };
  /** Argument of `#sendOne`, likewise. */
  #receiver: Connection | undefined;
  readonly #sendOne = (message: OutboundMessage): void => {
    if (this.#receiver !== undefined) this.#send(this.#receiver, message);
  };

  constructor(deps: ConnectionWriterDeps) {
    this.#topics = deps.topics;
    this.#counters = deps.counters;
    this.#deadlines = deps.deadlines;
  }

  /** Whether a `flush` is due. */
  get owesFlush(): boolean {
    return this.#gathered.length > 0 || this.#recheck.length > 0;
  }

  /** Whether a published message would overtake one that waits for `flush`. */
  get hasGathered(): boolean {
    return this.#gathered.length > 0;
  }

  /**
   * Queues a message, to be written by the next `flush` or as the socket drains. Returns false when
   * the connection does not accept it.
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
   * Call it when the tick is over: writes what was gathered and checks connections that became
   * congested.
   */
  flushTick(): void {
    const recheck = this.#recheck;
    this.#recheck = [];
    this.flush();
    for (const connection of recheck) this.drained(connection);
  }

  /** Writes what was gathered, with one corked call per socket. */
  flush(): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    for (const connection of gathered) {
      const queue = connection.queue;
      if (queue?.state === 'gathering') this.#settle(connection, queue);
    }
  }

  /** Writes what was gathered for one connection. */
  writeGathered(connection: Connection): void {
    const { queue } = connection;
    if (queue?.state === 'gathering') this.#writeAll(connection, queue);
  }

  /** Checks a connection's buffer and removes it from its topics when it is congested. */
  check(connection: Connection): void {
    const queue = connection.queue;
    if (queue !== undefined && queue.state !== 'gathering') return;
    if (connection.socket.bufferedBytes() <= connection.endpoint.lowWaterBytes) return;
    if (queue !== undefined) this.#writeAll(connection, queue);
    if (connection.queue?.state !== 'congested') this.#congest(connection, queue ?? new SendQueue());
  }

  /** Continues after the socket has written some of what it buffered. */
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
   * Closes after what is queued, with `message` last if there is room for it, and cuts the
   * connection when that takes too long. Returns false when it is already closing, or the policy
   * closes it for lack of room.
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

  /** Releases what the writer holds for a connection that has closed. */
  forget(connection: Connection): void {
    this.congested.delete(connection);
    this.#deadlines.remove(connection);
    const queue = connection.queue;
    if (queue === undefined) return;
    this.#counters.messagesUnsent += queue.length;
    queue.clear();
    queue.state = 'closed';
  }

  /** Applies the connection's policy to messages for which there is no room. */
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

  /** Writes what was gathered. A socket that does not write all of it at once becomes congested. */
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
   * Writes up to one low-water mark, so that a socket never buffers more than twice that plus one
   * message.
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

  /** Discards the queue: the close frame follows what the library has already buffered. */
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

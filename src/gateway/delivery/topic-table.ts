import type { Connection } from '../connection/connection.js';

/**
 * A tag pair that is broadcast to: its members are subscribed at the transport, but for the
 * detached ones.
 */
export class Topic {
  /** Short: it crosses into the library with each publish. */
  readonly name: string;
  /** The index's live set of those that carry the pair. */
  readonly members: ReadonlySet<Connection>;
  /**
   * Members that are congested or closing: served by their own queues, in the order in which they
   * would have been.
   */
  readonly detached = new Set<Connection>();
  /** Published since the members' buffers were last looked at. */
  uncheckedBytes = 0;

  constructor(name: string, members: ReadonlySet<Connection>) {
    this.name = name;
    this.members = members;
  }
}

/** The topics in use, made when a pair is first broadcast to and given up with its last member. */
export class TopicTable {
  readonly #topics = new Map<string, Map<string, Topic>>();
  #made = 0;

  find(key: string, value: string): Topic | undefined {
    return this.#topics.get(key)?.get(value);
  }

  /** Subscribes all members, once: O(members). From then on `join` and `leave` keep it in step. */
  create(key: string, value: string, members: ReadonlySet<Connection>): Topic {
    const topic = new Topic(this.#made.toString(36), members);
    this.#made += 1;
    let values = this.#topics.get(key);
    if (values === undefined) {
      values = new Map();
      this.#topics.set(key, values);
    }
    values.set(value, topic);
    for (const member of members) subscribe(topic, member);
    return topic;
  }

  /** The connection was given the pair. */
  join(connection: Connection, key: string, value: string): void {
    const topic = this.find(key, value);
    if (topic !== undefined) subscribe(topic, connection);
  }

  /** The connection lost the pair. */
  leave(connection: Connection, key: string, value: string): void {
    const topic = this.find(key, value);
    if (topic === undefined) return;
    if (!topic.detached.delete(connection)) connection.socket.unsubscribe(topic.name);
    if (topic.members.size > 0) return;
    const values = this.#topics.get(key);
    values?.delete(value);
    if (values?.size === 0) this.#topics.delete(key);
  }

  /**
   * Takes the connection out of all its topics: what is published from now on is for its own queue.
   */
  detach(connection: Connection): void {
    for (const [key, value] of connection.tags) {
      const topic = this.find(key, value);
      if (topic === undefined || topic.detached.has(connection)) continue;
      topic.detached.add(connection);
      connection.socket.unsubscribe(topic.name);
    }
  }

  /** Puts the connection, whose queue is empty, back into all its topics. */
  attach(connection: Connection): void {
    for (const [key, value] of connection.tags) {
      const topic = this.find(key, value);
      if (topic?.detached.delete(connection)) connection.socket.subscribe(topic.name);
    }
  }
}

/**
 * A connection whose queue is served by drain or not at all must not be overtaken by what is
 * published.
 */
function subscribe(topic: Topic, connection: Connection): void {
  const state = connection.queue?.state;
  if (state === undefined || state === 'gathering') connection.socket.subscribe(topic.name);
  else topic.detached.add(connection);
}

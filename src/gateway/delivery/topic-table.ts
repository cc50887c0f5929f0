import type { Connection } from '../connection/connection.js';

/**
 * A tag pair that is broadcast to. Its members are subscribed at the transport, except for the
 * detached ones.
 */
export class Topic {
  /** Short, because it is passed to the library with each publish. */
  readonly name: string;
  /** The tag index's live set of connections with the pair. */
  readonly members: ReadonlySet<Connection>;
  /** Members that are congested or closing, served by their own queues in the same order. */
  readonly detached = new Set<Connection>();
  /** Bytes published since the members' buffers were last checked. */
  uncheckedBytes = 0;

  constructor(name: string, members: ReadonlySet<Connection>) {
    this.name = name;
    this.members = members;
  }
}

/**
 * The topics in use, created when a pair is first broadcast to and removed with its last member.
 */
export class TopicTable {
  readonly #topics = new Map<string, Map<string, Topic>>();
  #made = 0;

  find(key: string, value: string): Topic | undefined {
    return this.#topics.get(key)?.get(value);
  }

  /**
   * Creates a topic and subscribes all members: O(members). Afterwards `join` and `leave` keep it
   * up to date.
   */
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

  /** Adds a connection that received the pair. */
  join(connection: Connection, key: string, value: string): void {
    const topic = this.find(key, value);
    if (topic !== undefined) subscribe(topic, connection);
  }

  /** Removes a connection that lost the pair. */
  leave(connection: Connection, key: string, value: string): void {
    const topic = this.find(key, value);
    if (topic === undefined) return;
    if (!topic.detached.delete(connection)) connection.socket.unsubscribe(topic.name);
    if (topic.members.size > 0) return;
    const values = this.#topics.get(key);
    values?.delete(value);
    if (values?.size === 0) this.#topics.delete(key);
  }

  /** Removes the connection from all its topics; later messages go to its own queue. */
  detach(connection: Connection): void {
    for (const [key, value] of connection.tags) {
      const topic = this.find(key, value);
      if (topic === undefined || topic.detached.has(connection)) continue;
      topic.detached.add(connection);
      connection.socket.unsubscribe(topic.name);
    }
  }

  /** Returns the connection, whose queue must be empty, to all its topics. */
  attach(connection: Connection): void {
    for (const [key, value] of connection.tags) {
      const topic = this.find(key, value);
      if (topic?.detached.delete(connection)) connection.socket.subscribe(topic.name);
    }
  }
}

/** Published messages must not overtake the queue of a congested or closing connection. */
function subscribe(topic: Topic, connection: Connection): void {
  const state = connection.queue?.state;
  if (state === undefined || state === 'gathering') connection.socket.subscribe(topic.name);
  else topic.detached.add(connection);
}

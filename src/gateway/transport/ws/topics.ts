/**
 * Subscriptions to topics, for a server library without topics. Indexed both ways, so that leaving
 * costs O(topics of the member).
 */
export class Topics<M extends object> {
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

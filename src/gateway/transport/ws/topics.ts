/**
 * Who is subscribed to what, for a server library that has no topics. Both ways round, so that
 * leaving costs the topics of one member.
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

  /** The members of a topic; undefined when there is none. */
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

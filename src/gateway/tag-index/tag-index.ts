/**
 * Number of distinct keys beyond which every key counts as known, so that connections with unique
 * keys do not fill the memory.
 */
const MAX_KNOWN_KEYS = 1000;

/**
 * Finds members by their tags: key -> value -> members. Each change costs O(1). The owner must
 * report every change of a member's tags, the old value first.
 */
export class TagIndex<Member> {
  readonly #keys = new Map<string, Map<string, Set<Member>>>();
  readonly #knownKeys = new Set<string>();

  add(key: string, value: string, member: Member): void {
    let values = this.#keys.get(key);
    if (values === undefined) {
      values = new Map();
      this.#keys.set(key, values);
      this.learnKey(key);
    }
    const members = values.get(value);
    if (members === undefined) values.set(value, new Set([member]));
    else members.add(member);
  }

  /** Removes a tag of a member, if present. Empty values and keys are removed at once. */
  remove(key: string, value: string, member: Member): void {
    const values = this.#keys.get(key);
    const members = values?.get(value);
    if (values === undefined || members === undefined) return;
    members.delete(member);
    if (members.size > 0) return;
    values.delete(value);
    if (values.size === 0) this.#keys.delete(key);
  }

  /**
   * Returns the members with a pair: a live set that is dropped when it becomes empty. Undefined
   * when there are none.
   */
  find(key: string, value: string): ReadonlySet<Member> | undefined {
    return this.#keys.get(key)?.get(value);
  }

  /**
   * Returns the members with all pairs, in the order of the smallest set. `pairs` must not be
   * empty.
   */
  select(pairs: ReadonlyMap<string, string>): Iterable<Member> {
    const sets: ReadonlySet<Member>[] = [];
    for (const [key, value] of pairs) {
      const members = this.find(key, value);
      if (members === undefined) return [];
      sets.push(members);
    }
    sets.sort((one, other) => one.size - other.size);
    const [smallest, ...others] = sets;
    if (smallest === undefined) return [];
    if (others.length === 0) return smallest;
    return [...smallest].filter((member) => others.every((set) => set.has(member)));
  }

  /** Registers a key before any member has it. */
  learnKey(key: string): void {
    if (this.#knownKeys.size < MAX_KNOWN_KEYS) this.#knownKeys.add(key);
  }

  /**
   * Whether any member has or had the key; true for every key once there were too many to remember.
   */
  knowsKey(key: string): boolean {
    return this.#knownKeys.size >= MAX_KNOWN_KEYS || this.#knownKeys.has(key);
  }

  /** Returns each key in use with its values in use. */
  tree(): Map<string, readonly string[]> {
    const tree = new Map<string, readonly string[]>();
    for (const [key, values] of this.#keys) tree.set(key, [...values.keys()]);
    return tree;
  }
}

/**
 * Definitions by name, in the order in which they are listed. Reading it has no effect; `add` is
 * for programs that bring a definition of their own.
 */
export class Definitions<T extends { readonly name: string }> {
  readonly #byName = new Map<string, T>();
  readonly #kind: string;

  /** `kind` says what is defined, for messages: `executor`. */
  constructor(kind: string, listed: readonly T[]) {
    this.#kind = kind;
    for (const definition of listed) this.add(definition);
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  get all(): readonly T[] {
    return [...this.#byName.values()];
  }

  find(name: string): T | undefined {
    return this.#byName.get(name);
  }

  /** The definition with this name; throws when there is none. */
  get(name: string): T {
    const definition = this.#byName.get(name);
    if (definition === undefined) throw new Error(`there is no ${this.#kind} '${name}'`);
    return definition;
  }

  /** Adds one at the end of the list, and returns what removes it. Throws when its name is taken. */
  add(definition: T): () => void {
    if (this.#byName.has(definition.name)) throw new Error(`there are two ${this.#kind}s '${definition.name}'`);
    this.#byName.set(definition.name, definition);
    return () => void this.#byName.delete(definition.name);
  }
}

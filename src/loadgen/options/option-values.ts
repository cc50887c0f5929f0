import type { Layer } from './option-layers.js';
import type { OptionEntry } from './option.js';
import type { OptionReader, Place, Setting } from './option-reader.js';

type Named = Pick<OptionEntry, 'name'>;

/** The merged options of a load test: reads each at most once, so no problem is reported twice. */
export class OptionValues {
  readonly #options: Layer;
  readonly #taken = new Set<string>();

  constructor(
    options: Layer,
    readonly reader: OptionReader,
  ) {
    this.#options = options;
  }

  has({ name }: Named): boolean {
    return this.#options.has(name);
  }

  /** The setting itself, without reading its value. */
  setting({ name }: Named): Setting | undefined {
    return this.#options.get(name);
  }

  /** Where the option was given, or would be. */
  place({ name }: Named): Place {
    return this.#options.get(name) ?? { path: name, origin: '' };
  }

  /** The value of an option; undefined or `otherwise` when it was not given, or has a problem. */
  value<T>(entry: OptionEntry<T>): T | undefined;
  value<T>(entry: OptionEntry<T>, otherwise: T): T;
  value<T>(entry: OptionEntry<T>, otherwise?: T): T | undefined {
    const setting = this.#options.get(entry.name);
    if (this.#taken.has(entry.name)) throw new Error(`the option ${entry.name} is read twice`);
    this.#taken.add(entry.name);
    return (setting && entry.read(setting, this.reader)) ?? otherwise;
  }

  complain(entry: Named, problem: string): void {
    this.reader.complain(this.place(entry), problem);
  }
}

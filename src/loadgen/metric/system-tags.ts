import type { Tags } from './series.js';

/** k6's default set (k6 docs, "System tags"). */
export const DEFAULT_SYSTEM_TAGS = [
  'proto',
  'subproto',
  'status',
  'method',
  'url',
  'name',
  'group',
  'check',
  'error',
  'error_code',
  'tls_version',
  'scenario',
  'service',
  'expected_response',
] as const;

/** Selects the system tags of samples. */
export class SystemTags {
  readonly #names: ReadonlySet<string>;

  /** k6's default set when undefined. */
  constructor(names: readonly string[] = DEFAULT_SYSTEM_TAGS) {
    this.#names = new Set(names);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Returns those of the tags that are selected and have a value. */
  pick(tags: Readonly<Record<string, string | undefined>>): Tags {
    const picked = new Map<string, string>();
    for (const [name, value] of Object.entries(tags)) {
      if (value !== undefined && this.#names.has(name)) picked.set(name, value);
    }
    return picked;
  }
}

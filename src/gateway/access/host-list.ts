import { isIP } from 'node:net';

const WILDCARD = '*.';
const NAME = /^(?:\*\.)?(?:[a-z0-9_-]+\.)*[a-z0-9_-]+$/i;
/** One or more labels. */
const LABELS = /^(?:[a-z0-9_-]+\.)*[a-z0-9_-]+$/;

/**
 * Whether a text is valid in a list of host names: a name, `*.domain`, or `*`. Ports are not
 * compared.
 */
export function isHostPattern(text: string): boolean {
  return text === '*' || NAME.test(text) || isIP(text) !== 0;
}

/**
 * Checks `Host` headers. Allowed are IP literals and `localhost`, which DNS rebinding cannot use,
 * and the names of the list.
 */
export class HostList {
  readonly #allowsAny: boolean;
  readonly #exact: ReadonlySet<string>;
  /** Domains with a leading dot: `.example.com`. */
  readonly #domains: readonly string[];

  constructor(patterns: readonly string[]) {
    const lower = patterns.map((pattern) => pattern.toLowerCase());
    this.#allowsAny = lower.includes('*');
    this.#exact = new Set(['localhost', ...lower]);
    this.#domains = lower.filter((pattern) => pattern.startsWith(WILDCARD)).map((pattern) => pattern.slice(1));
  }

  /** `*.` matches one or more labels, never none. */
  allows(host: string): boolean {
    if (this.#allowsAny) return true;
    // A trailing dot marks a fully qualified name: the same name.
    const name = host.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
    const literal = name.replace(/^\[(.*)\]$/, '$1');
    if (isIP(literal) !== 0 || this.#exact.has(name)) return true;
    return this.#domains.some((domain) => name.endsWith(domain) && LABELS.test(name.slice(0, -domain.length)));
  }
}

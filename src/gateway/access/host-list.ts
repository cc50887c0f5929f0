import { isIP } from 'node:net';

const WILDCARD = '*.';
const NAME = /^(?:\*\.)?(?:[a-z0-9_-]+\.)*[a-z0-9_-]+$/i;
/** One label or more. */
const LABELS = /^(?:[a-z0-9_-]+\.)*[a-z0-9_-]+$/;

/**
 * Whether a text can stand in a list of host names: a name, `*.domain`, or `*`. Ports are not
 * compared.
 */
export function isHostPattern(text: string): boolean {
  return text === '*' || NAME.test(text) || isIP(text) !== 0;
}

/**
 * The `Host` headers that are allowed: IP literals and `localhost`, to which no name can be
 * rebound, and those of the list.
 */
export class HostList {
  readonly #allowsAny: boolean;
  readonly #exact: ReadonlySet<string>;
  /** With their dot: `.example.com`. */
  readonly #domains: readonly string[];

  constructor(patterns: readonly string[]) {
    const lower = patterns.map((pattern) => pattern.toLowerCase());
    this.#allowsAny = lower.includes('*');
    this.#exact = new Set(['localhost', ...lower]);
    this.#domains = lower.filter((pattern) => pattern.startsWith(WILDCARD)).map((pattern) => pattern.slice(1));
  }

  /** `*.` stands for one label or more, never for none. */
  allows(host: string): boolean {
    if (this.#allowsAny) return true;
    // A dot at the end says that the name is complete. It is the same name.
    const name = host.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
    const literal = name.replace(/^\[(.*)\]$/, '$1');
    if (isIP(literal) !== 0 || this.#exact.has(name)) return true;
    return this.#domains.some((domain) => name.endsWith(domain) && LABELS.test(name.slice(0, -domain.length)));
  }
}

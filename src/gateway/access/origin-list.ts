const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/(?:\*\.)?[^\s/?#@*]+$/i;
const WILDCARD = '://*.';

/** Whether a text can stand in a list of origins: `scheme://host[:port]`, `scheme://*.domain[:port]`, or `null`. */
export function isOriginPattern(text: string): boolean {
  return text === 'null' || ORIGIN.test(text);
}

/** The `Origin` headers that are allowed. Case does not matter, a default port may be written or not. */
export class OriginList {
  readonly #exact: ReadonlySet<string>;
  /** Scheme and domain: `https://` and `.example.com`. */
  readonly #domains: readonly { readonly scheme: string; readonly domain: string }[];

  constructor(patterns: readonly string[]) {
    const normal = patterns.map(normalOrigin);
    this.#exact = new Set(normal.filter((pattern) => !pattern.includes(WILDCARD)));
    this.#domains = normal.filter((pattern) => pattern.includes(WILDCARD)).map(splitWildcard);
  }

  get isEmpty(): boolean {
    return this.#exact.size === 0 && this.#domains.length === 0;
  }

  /** `*.` stands for one label or more, never for none. */
  allows(origin: string): boolean {
    const normal = normalOrigin(origin);
    if (this.#exact.has(normal)) return true;
    return this.#domains.some(({ scheme, domain }) => isBelow(normal, scheme, domain));
  }
}

function isBelow(origin: string, scheme: string, domain: string): boolean {
  if (!origin.startsWith(scheme) || !origin.endsWith(domain)) return false;
  return /^[\w-]+(?:\.[\w-]+)*$/.test(origin.slice(scheme.length, -domain.length));
}

function splitWildcard(pattern: string): { scheme: string; domain: string } {
  const at = pattern.indexOf(WILDCARD);
  return { scheme: pattern.slice(0, at + 3), domain: pattern.slice(at + 4) };
}

function normalOrigin(origin: string): string {
  const lower = origin.toLowerCase();
  if (lower.startsWith('https:')) return lower.replace(/:443$/, '');
  return lower.startsWith('http:') ? lower.replace(/:80$/, '') : lower;
}

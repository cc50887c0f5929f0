import { isIP, isIPv4 } from 'node:net';

/** A network: address, prefix length and family. */
export interface Cidr {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/**
 * Parses `address/prefix`; host bits may be set, as in `127.0.0.1/8`. Undefined when the text is
 * invalid.
 */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text);
  const address = match?.[1] ?? '';
  const prefix = Number(match?.[2]);
  const version = isIP(address);
  if (version === 0 || prefix > (version === 4 ? 32 : 128)) return undefined;
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** An origin has the scheme of its page, never `ws`. */
const PATTERN = /^(?!file:|wss?:)([a-z][a-z0-9+.-]*):\/\/(\*\.)?([^\s/?#@*\\]+)$/i;
/** An optional `https://` or `https:`, an optional wildcard, and text that may contain a host. */
const MISSPELT = /^(https?:)?(?:\/\/)?(\*\.)?([^*]*)$/is;
const WILDCARD = '://*.';
const EXAMPLES = 'https://example.com, https://*.example.com, file:// or null';

/**
 * Converts an entry of a list of origins to the form that browsers send: `scheme://host[:port]`,
 * `scheme://*.domain[:port]`, `file://` or `null`. Hosts become lower-case ASCII
 * (`https://bücher.example` becomes `https://xn--bcher-kva.example`), and default ports are
 * removed. Undefined for a text that browsers never send.
 */
export function canonicalOrigin(text: string): string | undefined {
  if (text === 'null') return text;
  if (/^file:\/\/$/i.test(text)) return 'file://';
  const [, scheme, wildcard, authority] = PATTERN.exec(text) ?? [];
  return originOf(scheme, wildcard, authority);
}

/**
 * Returns the problem of an entry of a list of origins, with the correct spelling if it can be
 * guessed; undefined if it is valid.
 */
export function originProblem(text: string): string | undefined {
  if (canonicalOrigin(text) !== undefined) return undefined;
  const meant = spellingOf(text);
  return `is not an origin such as ${EXAMPLES}${meant === undefined ? '' : `; write ${meant}`}`;
}

function spellingOf(text: string): string | undefined {
  if (/^file:/i.test(text)) return 'file://';
  if (/^null$/i.test(text)) return 'null';
  const [, scheme, wildcard, rest] = MISSPELT.exec(text.trim().replace(/^ws(s?):/i, 'http$1:')) ?? [];
  // A single word is probably not meant as a host.
  const isHost = rest !== undefined && (scheme !== undefined || /[.:]/.test(rest));
  return isHost ? originOf(scheme?.slice(0, -1) ?? 'https', wildcard, rest) : undefined;
}

function originOf(
  scheme: string | undefined,
  wildcard: string | undefined,
  authority: string | undefined,
): string | undefined {
  if (scheme === undefined || authority === undefined) return undefined;
  const lower = scheme.toLowerCase();
  const host = hostOf(`${lower}://${authority}`);
  if (host === undefined || (wildcard !== undefined && isAddress(host))) return undefined;
  return `${lower}://${wildcard ?? ''}${host}`;
}

/** Returns host and port of a URL as browsers write them; undefined without a host. */
function hostOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { host } = new URL(url);
  return host === '' ? undefined : host.toLowerCase();
}

function isAddress(host: string): boolean {
  return host.startsWith('[') || isIPv4(host.replace(/:\d+$/, ''));
}

/**
 * Checks `Origin` headers against a list. Case is ignored, and a default port is optional. Invalid
 * entries match nothing.
 */
export class OriginList {
  readonly #exact: ReadonlySet<string>;
  /** Scheme and domain, such as `https://` and `.example.com`. */
  readonly #domains: readonly { readonly scheme: string; readonly domain: string }[];

  constructor(patterns: readonly string[]) {
    const normal = patterns.flatMap((pattern) => canonicalOrigin(pattern) ?? []);
    this.#exact = new Set(normal.filter((pattern) => !pattern.includes(WILDCARD)));
    this.#domains = normal.filter((pattern) => pattern.includes(WILDCARD)).map(splitWildcard);
  }

  get isEmpty(): boolean {
    return this.#exact.size === 0 && this.#domains.length === 0;
  }

  /** `*.` matches one or more labels, never none. */
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

/** Normalizes a header; browsers send a canonical form already. */
function normalOrigin(origin: string): string {
  const lower = origin.toLowerCase();
  if (lower.startsWith('https:')) return lower.replace(/:443$/, '');
  return lower.startsWith('http:') ? lower.replace(/:80$/, '') : lower;
}

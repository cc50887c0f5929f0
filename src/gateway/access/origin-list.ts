import { isIP, isIPv4 } from 'node:net';

/** A network: address, prefix length and family. */
export interface Cidr {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/**
 * Parses `address/prefix`; host bits may be set, as in `127.0.0.1/8`. Undefined when the text is
 * none.
 */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text);
  const address = match?.[1] ?? '';
  const prefix = Number(match?.[2]);
  const version = isIP(address);
  if (version === 0 || prefix > (version === 4 ? 32 : 128)) return undefined;
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** The origin of a page that opens a WebSocket has the page's scheme: never `ws`. */
const PATTERN = /^(?!file:|wss?:)([a-z][a-z0-9+.-]*):\/\/(\*\.)?([^\s/?#@*\\]+)$/i;
/** `https://`, `https:` or nothing, a wildcard, and what a host may be in. */
const MISSPELT = /^(https?:)?(?:\/\/)?(\*\.)?([^*]*)$/is;
const WILDCARD = '://*.';
const EXAMPLES = 'https://example.com, https://*.example.com, file:// or null';

/**
 * An entry of a list of origins as browsers would write it: `scheme://host[:port]`,
 * `scheme://*.domain[:port]`, `file://` or `null`. Hosts come in lower case and ASCII
 * (`https://bücher.example` is `https://xn--bcher-kva.example`), default ports go. Undefined when
 * no browser ever sends such an origin.
 */
export function canonicalOrigin(text: string): string | undefined {
  if (text === 'null') return text;
  if (/^file:\/\/$/i.test(text)) return 'file://';
  const [, scheme, wildcard, authority] = PATTERN.exec(text) ?? [];
  return originOf(scheme, wildcard, authority);
}

/**
 * What is wrong with an entry of a list of origins, with the right spelling where it can be told.
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
  // A word alone is rather a misunderstanding than a host.
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

/** Host and port of a URL as browsers write them; undefined when there is none. */
function hostOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { host } = new URL(url);
  return host === '' ? undefined : host.toLowerCase();
}

function isAddress(host: string): boolean {
  return host.startsWith('[') || isIPv4(host.replace(/:\d+$/, ''));
}

/**
 * The `Origin` headers that are allowed. Case does not matter, a default port may be written or
 * not; an entry that is not an origin allows none.
 */
export class OriginList {
  readonly #exact: ReadonlySet<string>;
  /** Scheme and domain: `https://` and `.example.com`. */
  readonly #domains: readonly { readonly scheme: string; readonly domain: string }[];

  constructor(patterns: readonly string[]) {
    const normal = patterns.flatMap((pattern) => canonicalOrigin(pattern) ?? []);
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

/** Of a header: what browsers send is canonical already. */
function normalOrigin(origin: string): string {
  const lower = origin.toLowerCase();
  if (lower.startsWith('https:')) return lower.replace(/:443$/, '');
  return lower.startsWith('http:') ? lower.replace(/:80$/, '') : lower;
}

import { isObject, textEntries } from './values.js';

/** A cookie in a jar. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  /** Whether it is only sent to exactly this host. */
  readonly isHostOnly: boolean;
  readonly path: string;
  readonly isSecure: boolean;
  readonly isHttpOnly: boolean;
  /** Unix milliseconds; undefined for a session cookie. */
  readonly expiresMs?: number;
  readonly maxAge: number;
}

/** The cookies of one virtual user (RFC 6265, without the public suffix list). */
export class CookieStore {
  readonly #cookies = new Map<string, Cookie>();

  /** Returns the cookies for a request to the URL, longest path first. */
  matching(url: URL): Cookie[] {
    const now = Date.now();
    return [...this.#cookies.values()]
      .filter((cookie) => (cookie.expiresMs ?? Infinity) > now && isFor(cookie, url))
      .toSorted((left, right) => right.path.length - left.path.length);
  }

  /** Stores the cookie, or removes the existing one if the new one has expired. */
  add(cookie: Cookie): void {
    const key = `${cookie.domain};${cookie.path};${cookie.name}`;
    if ((cookie.expiresMs ?? Infinity) <= Date.now()) this.#cookies.delete(key);
    else this.#cookies.set(key, cookie);
  }

  /** Removes the cookies that would be sent to the URL, or only the one with this name. */
  remove(url: URL, name?: string): void {
    for (const [key, cookie] of this.#cookies) {
      if (isFor(cookie, url) && (name === undefined || cookie.name === name)) this.#cookies.delete(key);
    }
  }

  clear(): void {
    this.#cookies.clear();
  }
}

const stores = new WeakMap<object, CookieStore>();

/** The jar that scripts see: k6's `CookieJar`. */
export class CookieJar {
  constructor(store = new CookieStore()) {
    stores.set(this, store);
  }

  /** Returns all values of each cookie that would be sent to the URL, by name. */
  cookiesForURL(url: unknown): Record<string, string[]> {
    const found: Record<string, string[]> = {};
    for (const { name, value } of storeOf(this).matching(new URL(String(url)))) (found[name] ??= []).push(value);
    return found;
  }

  set(url: unknown, name: unknown, value: unknown, options?: unknown): boolean {
    const parts = [`${String(name)}=${String(value)}`, ...attributesOf(options)];
    const cookie = parseSetCookie(parts.join('; '), new URL(String(url)));
    if (cookie !== undefined) storeOf(this).add(cookie);
    return true;
  }

  clear(url: unknown): void {
    storeOf(this).remove(new URL(String(url)));
  }

  delete(url: unknown, name: unknown): void {
    storeOf(this).remove(new URL(String(url)), String(name));
  }
}

/** Returns the store of a script's jar; undefined for anything else. */
export function jarOf(value: unknown): CookieStore | undefined {
  return isObject(value) ? stores.get(value) : undefined;
}

function storeOf(jar: CookieJar): CookieStore {
  const store = stores.get(jar);
  if (store === undefined) throw new TypeError('this object is not a cookie jar');
  return store;
}

/** Returns the value of a request's `Cookie` header; '' without cookies. */
export function cookieHeader(store: CookieStore, url: URL): string {
  return store
    .matching(url)
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
}

/** Valid characters of a cookie name (RFC 6265, section 4.1.1). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i;

/** Parses a `Set-Cookie` header of a response; undefined if it is invalid or for another domain. */
export function parseSetCookie(header: string, url: URL): Cookie | undefined {
  const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
  const at = pair.indexOf('=');
  if (!TOKEN.test(pair.slice(0, Math.max(0, at)))) return undefined;
  const given = new Map(attributes.map((attribute) => splitAttribute(attribute)));
  const host = hostOf(url);
  const domain = (given.get('domain') ?? '').toLowerCase().replace(/^\./, '');
  if (domain !== '' && host !== domain && !host.endsWith(`.${domain}`)) return undefined;
  const path = given.get('path') ?? '';
  return {
    name: pair.slice(0, at),
    value: pair.slice(at + 1).replace(/^"(.*)"$/, '$1'),
    domain: domain === '' ? host : domain,
    isHostOnly: domain === '',
    path: path.startsWith('/') ? path : defaultPath(url.pathname),
    isSecure: given.has('secure'),
    isHttpOnly: given.has('httponly'),
    ...lifetimeOf(given),
  };
}

/** `Max-Age` takes precedence over `Expires`. */
function lifetimeOf(given: ReadonlyMap<string, string>): Pick<Cookie, 'expiresMs' | 'maxAge'> {
  const maxAge = Number(given.get('max-age') ?? 0) || 0;
  if (given.has('max-age')) return { maxAge, expiresMs: Date.now() + maxAge * 1000 };
  const expiresMs = Date.parse(given.get('expires') ?? '');
  return Number.isNaN(expiresMs) ? { maxAge } : { maxAge, expiresMs };
}

/** Converts the options of `CookieJar.set` to attributes of a header. */
function attributesOf(options: unknown): string[] {
  return textEntries(options).flatMap(([name, value]) => {
    if (name === 'secure' || name === 'http_only') return value === 'true' ? [name.replace('_', '')] : [];
    return value === '' ? [] : [`${name.replace('_', '-')}=${value}`];
  });
}

function splitAttribute(attribute: string): [string, string] {
  const at = attribute.indexOf('=');
  return at < 0 ? [attribute.toLowerCase(), ''] : [attribute.slice(0, at).toLowerCase(), attribute.slice(at + 1)];
}

function isFor(cookie: Cookie, url: URL): boolean {
  const host = hostOf(url);
  const isDomain = host === cookie.domain || (!cookie.isHostOnly && host.endsWith(`.${cookie.domain}`));
  const folder = cookie.path.endsWith('/') ? cookie.path : `${cookie.path}/`;
  const isPath = url.pathname === cookie.path || url.pathname.startsWith(folder);
  const isSecure = url.protocol === 'https:' || url.protocol === 'wss:';
  return isDomain && isPath && (isSecure || !cookie.isSecure);
}

function defaultPath(pathname: string): string {
  const end = pathname.lastIndexOf('/');
  return end <= 0 ? '/' : pathname.slice(0, end);
}

function hostOf(url: URL): string {
  return url.hostname.toLowerCase();
}

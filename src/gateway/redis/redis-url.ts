import { parseDuration } from '../../core/duration.js';
import { maskUrl } from '../../core/masked-url.js';

/**
 * The address of a Redis with the login. Contains a password: only `shown` may be logged.
 */
export interface RedisAddress {
  /** A TCP host and port, or the path of a Unix socket. */
  readonly endpoint: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly tls: boolean;
  /** Undefined: the default user. */
  readonly username: string | undefined;
  /** Undefined: AUTH is not sent. */
  readonly password: string | undefined;
  readonly db: number;
  readonly clientName: string | undefined;
  /** Timeout for connecting, including TLS, AUTH and SELECT. */
  readonly dialTimeoutMs: number;
  /** Timeout without a reply while one is outstanding. */
  readonly replyTimeoutMs: number;
  /** `host:port/db` or `path/db`, without credentials. */
  readonly shown: string;
}

/** A parsed URL, or the problem with it: a sentence without the password. */
export type RedisUrlReading =
  { readonly address: RedisAddress; readonly ignoredKeys: readonly string[] } | { readonly problem: string };

const DEFAULT_PORT = 6379;
const DEFAULT_DIAL_TIMEOUT_MS = 5_000;
const DEFAULT_REPLY_TIMEOUT_MS = 10_000;
/**
 * Options of go-redis that have an effect here. Most others, such as pool sizes and retries, belong
 * to a connection pool, which there is not.
 */
const KNOWN_KEYS: ReadonlySet<string> = new Set(['db', 'client_name', 'dial_timeout', 'read_timeout']);
/** The maximum of Node's timers. */
const UNLIMITED_MS = 0x7fff_ffff;

/**
 * Parses a URL as go-redis does: `redis://`, `rediss://` or `unix://`, with options in the query.
 */
export function parseRedisUrl(text: string): RedisUrlReading {
  try {
    return readUrl(text);
  } catch (problem) {
    const reason = problem instanceof UrlProblem ? problem.message : 'is not a URL';
    return { problem: `'${maskUrl(text)}' ${reason}` };
  }
}

/** Parses an address that the configuration has validated. */
export function redisAddress(text: string): RedisAddress {
  const reading = parseRedisUrl(text);
  if ('problem' in reading) throw new Error(`The Redis URL ${reading.problem}.`);
  return reading.address;
}

class UrlProblem extends Error {}

function readUrl(text: string): RedisUrlReading {
  const scheme = /^(redis|rediss|unix):\/\//.exec(text)?.[1];
  if (scheme === undefined) throw new UrlProblem('must begin with redis://, rediss:// or unix://');
  // With a user but without a host, `unix://` is not a URL by the standard.
  const url = new URL(scheme === 'unix' ? text.replace(/^unix:\/\/([^/?#]*@)?\//, 'unix://$1unix/') : text);
  const place = scheme === 'unix' ? unixPlace(url) : tcpPlace(url);
  const db = readNumber(url, 'db') ?? place.db;
  const password = decoded(url.password);
  const address: RedisAddress = {
    endpoint: place.endpoint,
    tls: scheme === 'rediss',
    username: password === undefined ? undefined : decoded(url.username),
    password,
    db,
    clientName: readClientName(url),
    dialTimeoutMs: readTimeout(url, 'dial_timeout') ?? DEFAULT_DIAL_TIMEOUT_MS,
    replyTimeoutMs: readTimeout(url, 'read_timeout') ?? DEFAULT_REPLY_TIMEOUT_MS,
    shown: `${place.shown}/${db}`,
  };
  const ignoredKeys = [...new Set(url.searchParams.keys())].filter((key) => !KNOWN_KEYS.has(key));
  return { address, ignoredKeys };
}

interface Place {
  readonly endpoint: RedisAddress['endpoint'];
  readonly db: number;
  readonly shown: string;
}

function tcpPlace(url: URL): Place {
  const host = url.hostname.replace(/^\[|\]$/g, '') || 'localhost';
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port);
  const path = url.pathname.replace(/^\/+|\/+$/g, '');
  if (!/^\d{0,9}$/.test(path)) throw new UrlProblem('must have a number as its database');
  return { endpoint: { host, port }, db: Number(path), shown: `${url.hostname || host}:${port}` };
}

function unixPlace(url: URL): Place {
  const path = decoded(url.pathname) ?? '';
  if (path === '' || path === '/') throw new UrlProblem('must have the path of a socket');
  return { endpoint: { path }, db: 0, shown: path };
}

/** Keeps percent signs that are not part of an encoding. */
function decoded(text: string): string | undefined {
  if (text === '') return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readNumber(url: URL, key: string): number | undefined {
  const value = url.searchParams.get(key) ?? '';
  if (value === '') return undefined;
  if (!/^\d{1,9}$/.test(value)) throw new UrlProblem(`must have a number as ${key}`);
  return Number(value);
}

/** Redis accepts no spaces and line breaks in names. */
function readClientName(url: URL): string | undefined {
  const value = url.searchParams.get('client_name') ?? '';
  if (!/^[!-~]*$/.test(value)) throw new UrlProblem('must not have spaces or special characters in client_name');
  return value === '' ? undefined : value;
}

/** Reads ms. As in go-redis, a bare number is in seconds, and 0 or less means no limit. */
function readTimeout(url: URL, key: string): number | undefined {
  const value = url.searchParams.get(key) ?? '';
  if (value === '') return undefined;
  const ms = /^-?\d+$/.test(value) ? Number(value) * 1000 : parseDuration(value);
  if (ms === undefined || Number.isNaN(ms)) throw new UrlProblem(`must have a duration as ${key}`);
  return ms <= 0 ? UNLIMITED_MS : Math.min(ms, UNLIMITED_MS);
}

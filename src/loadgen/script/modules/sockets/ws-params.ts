import { createDialTarget, type DialTarget, type DialOptions } from '../../../client/dial-target.js';
import type { Tags } from '../../../metric/series.js';
import type { RuntimeOptions } from '../../../client/read-network.js';
import type { VuContext } from '../../runtime/vu-context.js';
import { cookieHeader, jarOf, parseSetCookie, type CookieStore } from '../../runtime/cookie-jar.js';
import { hostOverride, localAddressOf } from '../../../client/host-rules.js';
import { urlProblem } from '../http/request-url.js';
import { tagsArgument, asText, isObject, property, textEntries } from '../../runtime/values.js';
import { EarlyEnd, type DialResult } from '../../../client/connection.js';
import { tlsProblem } from '../../../client/tls-problem.js';
import { NO_HTTP, UNWANTED_EXTENSION } from '../../../client/upgrade-response.js';
import { systemErrorCode } from '../../../../core/error.js';

const DEFAULT_USER_AGENT = 'wsg (k6 compatible)';

/** A WebSocket connection with the arguments of the script. */
export interface SocketRequest {
  readonly url: string;
  readonly target: DialTarget;
  readonly tags: Tags;
  /** Stores a `Set-Cookie` header of the handshake response. */
  readonly keepCookie: (header: string) => void;
}

/** Parameters of a socket in addition to the URL. */
export interface SocketParams {
  readonly url: unknown;
  readonly params: unknown;
  readonly subprotocols?: readonly string[];
}

const MALFORMED = 'malformed ws or wss URL';

interface SocketUrlProblem {
  readonly returned: string;
  readonly thrown?: string;
}

/**
 * A URL that cannot be used for a WebSocket. Its message is the one that the `WebSocket`
 * constructor throws.
 */
export class BadSocketUrl extends Error {
  /** The error that `ws.connect` returns. */
  readonly returned: string;

  constructor(
    readonly url: string,
    { returned, thrown = returned }: SocketUrlProblem,
  ) {
    super(thrown);
    this.returned = returned;
  }
}

/**
 * Reads the URL and parameters that both WebSocket modules accept. Throws with the reason if they
 * are invalid.
 */
export function readSocketRequest(vu: VuContext, { url: given, params, subprotocols }: SocketParams): SocketRequest {
  const url = socketUrl(given);
  if (params !== undefined && params !== null && !isObject(params))
    throw new TypeError('the parameters must be an object');
  const { runtime } = vu.thread;
  const options: DialOptions = {
    headers: [...headersOf(params, runtime), ...cookiesOf(vu, url, params)],
    offersDeflate: offersDeflate(property(params, 'compression')),
    verifiesCertificate: !runtime.insecureSkipTlsVerify,
    ...offeredProtocols(params, subprotocols),
    ...hostOverride(url, runtime),
    localAddress: localAddressOf(vu.number, runtime),
  };
  const tags = tagsArgument('tags', property(params, 'tags'));
  const jar = jarFor(vu, params);
  return {
    url: String(given),
    target: createDialTarget(url.href, options),
    tags,
    keepCookie: (header) => {
      const cookie = parseSetCookie(header, url);
      if (cookie !== undefined) jar.add(cookie);
    },
  };
}

function socketUrl(given: unknown): URL {
  const text = String(given);
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (url.protocol === 'ws:' || url.protocol === 'wss:') return url;
  }
  throw new BadSocketUrl(text, socketUrlProblem(given, text));
}

/** Returns k6's message, which differs between its two modules. */
function socketUrlProblem(given: unknown, text: string): SocketUrlProblem {
  const parsing = urlProblem(text);
  if (parsing !== undefined) {
    const problem = `parse ${JSON.stringify(text)}: ${parsing}`;
    return {
      returned: problem,
      thrown: `WebSocket requires valid url, but got ${JSON.stringify(text)} which resulted in ${problem}`,
    };
  }
  const port = /^wss?:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/i.exec(text)?.[1];
  if (port !== undefined) return { returned: `dial tcp: address ${port}: invalid port` };
  if (/^wss?:/i.test(text)) return { returned: 'lookup : no such host' };
  if (given === undefined || given === null) return { returned: MALFORMED, thrown: 'WebSocket requires a url' };
  const scheme = JSON.stringify(/^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1] ?? '');
  return { returned: MALFORMED, thrown: `WebSocket requires url with scheme ws or wss, but got ${scheme}` };
}

function offersDeflate(compression: unknown): boolean {
  if (compression === undefined || compression === null || compression === '') return false;
  if (compression === 'deflate') return true;
  throw new Error(`unsupported compression algorithm '${asText(compression)}', supported algorithm is 'deflate'`);
}

function headersOf(params: unknown, { userAgent }: RuntimeOptions): [string, string][] {
  const headers = textEntries(property(params, 'headers')).filter(([name]) => !isProtocol(name));
  const hasAgent = headers.some(([name]) => name.toLowerCase() === 'user-agent');
  return hasAgent ? headers : [['User-Agent', userAgent ?? DEFAULT_USER_AGENT], ...headers];
}

/** Subprotocols may also be given as a header, as scripts of `k6/ws` do. */
function offeredProtocols(params: unknown, subprotocols: readonly string[] = []): Pick<DialOptions, 'subprotocols'> {
  const inHeaders = textEntries(property(params, 'headers'))
    .filter(([name]) => isProtocol(name))
    .flatMap(([, value]) => value.split(',').map((protocol) => protocol.trim()));
  return { subprotocols: [...subprotocols, ...inHeaders] };
}

function isProtocol(name: string): boolean {
  return name.toLowerCase() === 'sec-websocket-protocol';
}

function cookiesOf(vu: VuContext, url: URL, params: unknown): [string, string][] {
  const header = cookieHeader(jarFor(vu, params), url);
  return header === '' ? [] : [['Cookie', header]];
}

function jarFor(vu: VuContext, params: unknown): CookieStore {
  return jarOf(property(params, 'jar')) ?? vu.cookies;
}

/** Returns the reason for a failed dial, in words that k6 scripts know. */
export function dialErrorText(request: SocketRequest, { error, status, certificate }: DialResult): string {
  const message = error?.message ?? 'unknown error';
  if (status > 0) {
    return message === UNWANTED_EXTENSION ? 'websocket: invalid compression negotiation' : 'websocket: bad handshake';
  }
  if (error instanceof EarlyEnd) return 'unexpected EOF';
  if (message.startsWith(NO_HTTP)) return `malformed HTTP response ${message.slice(NO_HTTP.length)}`;
  return tlsText(request, error, certificate) ?? networkText(request, error) ?? message;
}

function tlsText(
  { target }: SocketRequest,
  error: Error | undefined,
  certificate: DialResult['certificate'],
): string | undefined {
  const { isTls, serverName, host } = target;
  return isTls ? tlsProblem(error, serverName === '' ? host : serverName, certificate)?.text : undefined;
}

function networkText({ target }: SocketRequest, error: Error | undefined): string | undefined {
  const address = target.host.includes(':') ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`;
  switch (systemErrorCode(error)) {
    case 'ECONNREFUSED':
      return `dial tcp ${address}: connect: connection refused`;
    case 'ECONNRESET':
      return `read tcp ${address}: read: connection reset by peer`;
    case 'ETIMEDOUT':
      return `dial tcp ${address}: i/o timeout`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `lookup ${target.host}: no such host`;
    default:
      return undefined;
  }
}

/** Names of the events of `k6/websockets`. */
export const SOCKET_EVENTS = ['open', 'message', 'error', 'close', 'ping', 'pong'] as const;
export type SocketEventName = (typeof SOCKET_EVENTS)[number];

/** The event object of listeners: type, target, time, and the data of the event. */
export interface SocketEvent {
  readonly type: SocketEventName;
  readonly target: object;
  /** Unix milliseconds. */
  readonly timestamp: number;
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
  readonly error?: string;
}

/** Whether an event has this name. */
export function isSocketEvent(name: unknown): name is SocketEventName {
  return SOCKET_EVENTS.some((known) => known === name);
}

/** Returns an error with a name of the browser API. */
export function namedError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

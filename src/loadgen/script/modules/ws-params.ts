import { createDialTarget, type DialTarget, type DialWishes } from '../../client/dial-target.js';
import type { Tags } from '../../metric/tags.js';
import type { RuntimeOptions } from '../../plan/runtime-options.js';
import type { VuContext } from '../runtime/vu-context.js';
import { cookieHeader, type CookieStore, jarOf, parseSetCookie } from './cookie-jar.js';
import { hostOverride, localAddressOf } from '../../client/host-rules.js';
import { urlProblem } from './request-url.js';
import { tagsArgument } from './tags-argument.js';
import { asText, isObject, property, textEntries } from './values.js';

const DEFAULT_USER_AGENT = 'wsg (k6 compatible)';

/** A WebSocket connection as a script asked for it. */
export interface SocketRequest {
  readonly url: string;
  readonly target: DialTarget;
  readonly tags: Tags;
  /** Keeps a `Set-Cookie` of the answer to the handshake. */
  readonly keepCookie: (header: string) => void;
}

/** What a script asked for beside the URL. */
export interface SocketParams {
  readonly url: unknown;
  readonly params: unknown;
  readonly subprotocols?: readonly string[];
}

const MALFORMED = 'malformed ws or wss URL';

interface SocketUrlProblem {
  readonly told: string;
  readonly thrown?: string;
}

/** A URL to which no WebSocket can be opened. Its message is what the constructor of a WebSocket throws. */
export class BadSocketUrl extends Error {
  /** What `ws.connect` returns as the error. */
  readonly told: string;

  constructor(
    readonly url: string,
    { told, thrown = told }: SocketUrlProblem,
  ) {
    super(thrown);
    this.told = told;
  }
}

/** Reads the URL and the parameters that both WebSocket modules take. Throws with the reason when they cannot be used. */
export function readSocketRequest(vu: VuContext, { url: given, params, subprotocols }: SocketParams): SocketRequest {
  const url = socketUrl(given);
  if (params !== undefined && params !== null && !isObject(params))
    throw new TypeError('the parameters must be an object');
  const { runtime } = vu.thread;
  const wishes: DialWishes = {
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
    target: createDialTarget(url.href, wishes),
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

/** In the words of k6, which has others for each of its modules. */
function socketUrlProblem(given: unknown, text: string): SocketUrlProblem {
  const parsing = urlProblem(text);
  if (parsing !== undefined) {
    const problem = `parse ${JSON.stringify(text)}: ${parsing}`;
    return {
      told: problem,
      thrown: `WebSocket requires valid url, but got ${JSON.stringify(text)} which resulted in ${problem}`,
    };
  }
  const port = /^wss?:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/i.exec(text)?.[1];
  if (port !== undefined) return { told: `dial tcp: address ${port}: invalid port` };
  if (/^wss?:/i.test(text)) return { told: 'lookup : no such host' };
  if (given === undefined || given === null) return { told: MALFORMED, thrown: 'WebSocket requires a url' };
  const scheme = JSON.stringify(/^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1] ?? '');
  return { told: MALFORMED, thrown: `WebSocket requires url with scheme ws or wss, but got ${scheme}` };
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

/** Subprotocols may come as a header, which is how scripts of `k6/ws` ask for them. */
function offeredProtocols(params: unknown, subprotocols: readonly string[] = []): Pick<DialWishes, 'subprotocols'> {
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

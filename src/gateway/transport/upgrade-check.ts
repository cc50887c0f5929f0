import type { HttpRequest } from './http/http-exchange.js';

/** The HTTP answer to a request that is not a valid WebSocket upgrade. */
export interface HandshakeRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const KEY = /^[A-Za-z0-9+/]{22}==$/;
/** The token may be one of a list. */
const ASKS_FOR_UPGRADE = /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i;
const ASKS_FOR_WEBSOCKET = /(?:^|,)[ \t]*websocket[ \t]*(?:,|$)/i;
const TEXT = 'text/plain; charset=utf-8';

/**
 * Checks an opening handshake against RFC 6455 (4.2.1) and RFC 9112 (3.2). Returns undefined when
 * it is valid, else 400, 426 or 505. `httpVersion` is that of the request line.
 */
export function refuseUpgrade({ method, headers }: HttpRequest, httpVersion = '1.1'): HandshakeRefusal | undefined {
  if (httpVersion !== '1.1') return WRONG_HTTP;
  if (method !== 'GET') return badRequest('a WebSocket handshake must be a GET request');
  return refuseHeaders(headers) ?? refuseMessage(headers);
}

function refuseHeaders(headers: ReadonlyMap<string, string>): HandshakeRefusal | undefined {
  if (!ASKS_FOR_WEBSOCKET.test(headers.get('upgrade') ?? ''))
    return badRequest('the header "Upgrade: websocket" is missing');
  if (!ASKS_FOR_UPGRADE.test(headers.get('connection') ?? ''))
    return badRequest('the header "Connection: Upgrade" is missing');
  if (headers.get('sec-websocket-version') !== '13') return WRONG_VERSION;
  if (!KEY.test(headers.get('sec-websocket-key') ?? ''))
    return badRequest('Sec-WebSocket-Key must be 16 bytes in base64');
  return undefined;
}

/**
 * Repeated lines of one name are joined with commas, which a host never contains. A body would be
 * parsed as frames.
 */
function refuseMessage(headers: ReadonlyMap<string, string>): HandshakeRefusal | undefined {
  const host = headers.get('host');
  if (host === undefined || host.includes(',')) return badRequest('a WebSocket handshake must have one Host header');
  const hasBody = headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0';
  return hasBody ? badRequest('a WebSocket handshake must not have a body') : undefined;
}

const WRONG_HTTP: HandshakeRefusal = {
  status: 505,
  headers: { 'Content-Type': TEXT },
  body: 'HTTP Version Not Supported: a WebSocket handshake must use HTTP/1.1\n',
};

const WRONG_VERSION: HandshakeRefusal = {
  status: 426,
  headers: { 'Sec-WebSocket-Version': '13', 'Content-Type': TEXT },
  body: 'Upgrade Required: only WebSocket version 13 is supported\n',
};

function badRequest(reason: string): HandshakeRefusal {
  return { status: 400, headers: { 'Content-Type': TEXT }, body: `Bad Request: ${reason}\n` };
}

/** Why a request is no WebSocket upgrade, as an HTTP answer. */
export interface UpgradeRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const KEY = /^[A-Za-z0-9+/]{22}==$/;
/** Each a token among others of a list. */
const ASKS_FOR_UPGRADE = /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i;
const ASKS_FOR_WEBSOCKET = /(?:^|,)[ \t]*websocket[ \t]*(?:,|$)/i;
const TEXT = 'text/plain; charset=utf-8';

/** What RFC 6455 (4.2.1) asks of an opening handshake; undefined when the request keeps to it, else 400 or 426. */
export function refuseUpgrade(method: string, headers: ReadonlyMap<string, string>): UpgradeRefusal | undefined {
  if (method !== 'GET') return badRequest('a WebSocket handshake is a GET request');
  if (!ASKS_FOR_WEBSOCKET.test(headers.get('upgrade') ?? ''))
    return badRequest('the header "Upgrade: websocket" is missing');
  if (!ASKS_FOR_UPGRADE.test(headers.get('connection') ?? ''))
    return badRequest('the header "Connection: Upgrade" is missing');
  if (headers.get('sec-websocket-version') !== '13') return WRONG_VERSION;
  if (!KEY.test(headers.get('sec-websocket-key') ?? ''))
    return badRequest('Sec-WebSocket-Key is not 16 bytes in base64');
  return undefined;
}

const WRONG_VERSION: UpgradeRefusal = {
  status: 426,
  headers: { 'Sec-WebSocket-Version': '13', 'Content-Type': TEXT },
  body: 'Upgrade Required: only WebSocket version 13 is spoken here\n',
};

function badRequest(reason: string): UpgradeRefusal {
  return { status: 400, headers: { 'Content-Type': TEXT }, body: `Bad Request: ${reason}\n` };
}

import { createHmac } from 'node:crypto';
import { encodeEventJson } from '../event/event-json.js';
import type { GatewayEvent } from '../event/gateway-event.js';
import { encodeOrRefuse } from './encode-or-refuse.js';
import type { RefusedEvent } from './event-sink.js';

/** The most that one request holds; a single event may be larger. */
export interface WebhookLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/** One request: the events from the front of a batch that fit, and its body; or the one at the front that cannot be encoded. */
export interface WebhookPiece {
  readonly events: readonly GatewayEvent[];
  readonly refused: readonly RefusedEvent[];
  readonly body: Buffer;
}

const HEAD = '{"events":[';
const TAIL = ']}';

/** Cuts the next request out of a batch, from its front. An event that cannot be encoded ends it; at the front it is refused. */
export function cutPiece(batch: readonly GatewayEvent[], limits: WebhookLimits): WebhookPiece {
  const texts: string[] = [];
  let bytes = HEAD.length + TAIL.length;
  for (const event of batch.slice(0, limits.maxEvents)) {
    const encoded = encodeOrRefuse(event, encodeWebhookEvent);
    if (typeof encoded !== 'string') {
      if (texts.length > 0) break;
      return { events: [], refused: [encoded], body: Buffer.alloc(0) };
    }
    bytes += Buffer.byteLength(encoded) + 1;
    if (bytes > limits.maxBytes && texts.length > 0) break;
    texts.push(encoded);
  }
  const body = Buffer.from(HEAD + texts.join(',') + TAIL);
  return { events: batch.slice(0, texts.length), refused: [], body };
}

/** The fields of AMQP, the id, and the reason of a close. */
function encodeWebhookEvent(event: GatewayEvent): string {
  const reason = event.reason === undefined ? '' : `"reason":"${event.reason}",`;
  return `{"id":"${event.id}",${reason}${encodeEventJson(event).slice(1)}`;
}

/** What a receiver needs in order to tell who sent this, when, and whether it was sent before. */
export function pieceHeaders(piece: WebhookPiece, secret: string | undefined, wallNow: number): Record<string, string> {
  const timestamp = String(Math.floor(wallNow / 1000));
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-wsg-delivery': deliveryId(piece.events),
    'x-wsg-timestamp': timestamp,
  };
  if (secret !== undefined) {
    const hmac = createHmac('sha256', secret).update(`${timestamp}.`).update(piece.body);
    headers['x-wsg-signature'] = `sha256=${hmac.digest('hex')}`;
  }
  return headers;
}

/** The same events have the same one, however often they are sent. */
function deliveryId(events: readonly GatewayEvent[]): string {
  const [first] = events;
  return first === undefined ? 'start' : `${first.id}+${events.length}`;
}

import { createHmac } from 'node:crypto';
import { encodeEventJson } from '../event/event-json.js';
import type { GatewayEvent } from '../event/gateway-event.js';

/** The most that one request holds; a single event may be larger. */
export interface WebhookLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/** One request: the events from the front of a batch that fit, and its body. */
export interface WebhookPiece {
  readonly events: readonly GatewayEvent[];
  readonly body: Buffer;
}

const HEAD = '{"events":[';
const TAIL = ']}';

/** Cuts the next request out of a batch, from its event number `from` on. */
export function cutPiece(batch: readonly GatewayEvent[], from: number, limits: WebhookLimits): WebhookPiece {
  const texts: string[] = [];
  let bytes = HEAD.length + TAIL.length;
  while (texts.length < limits.maxEvents) {
    const event = batch[from + texts.length];
    if (event === undefined) break;
    const text = encodeWebhookEvent(event);
    bytes += Buffer.byteLength(text) + 1;
    if (bytes > limits.maxBytes && texts.length > 0) break;
    texts.push(text);
  }
  return { events: batch.slice(from, from + texts.length), body: Buffer.from(HEAD + texts.join(',') + TAIL) };
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

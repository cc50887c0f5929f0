import type { CloseReasonName } from '../../src/gateway/close-reason.js';
import type { GatewayEvent } from '../../src/gateway/event/gateway-event.js';

/** An event as a backend receives it, without what the sink does not carry. */
export type ReceivedEvent = Partial<Omit<GatewayEvent, 'sequence'>>;

/**
 * Reads an event from the JSON that AMQP, NATS and webhooks carry, as the documentation tells
 * consumers to.
 */
export function receivedFromJson(json: Readonly<Record<string, string>>): ReceivedEvent {
  const { message, encoding } = json;
  return receivedEvent(
    json,
    message === undefined ? undefined : Buffer.from(message, encoding === 'base64' ? encoding : 'utf8'),
  );
}

/** Reads an event from text fields; the message is given separately. */
export function receivedEvent(fields: Readonly<Record<string, string>>, message: Buffer | undefined): ReceivedEvent {
  const { id, connection, action, type, tags, reason } = fields;
  return {
    id,
    connection,
    action: action === 'open' || action === 'close' ? action : 'message',
    type: type === 'text' || type === 'binary' ? type : undefined,
    tags,
    message,
    reason: closeReason(reason),
  };
}

/** Reads a close reason; tests of sinks use only one. */
function closeReason(text: string | undefined): CloseReasonName | undefined {
  return text === 'closed_by_client' ? text : undefined;
}

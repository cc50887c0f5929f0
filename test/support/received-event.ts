import type { CloseReasonName } from '../../src/gateway/connection/close-reason.js';
import type { GatewayEvent } from '../../src/gateway/event/gateway-event.js';

/** An event as a backend finds it. What the sink does not carry is left out. */
export type ReceivedEvent = Partial<Omit<GatewayEvent, 'sequence'>>;

/**
 * An event from the JSON that AMQP, NATS and webhooks carry, read as a consumer is told to read it.
 */
export function receivedFromJson(json: Readonly<Record<string, string>>): ReceivedEvent {
  const { message, encoding } = json;
  return receivedEvent(
    json,
    message === undefined ? undefined : Buffer.from(message, encoding === 'base64' ? encoding : 'utf8'),
  );
}

/** An event from fields of text, its message apart. */
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

/** The only reason that tests of sinks use. */
function closeReason(text: string | undefined): CloseReasonName | undefined {
  return text === 'closed_by_client' ? text : undefined;
}

import type { CloseReasonName } from '../../src/gateway/connection/close-reason.js';
import type { GatewayEvent } from '../../src/gateway/event/gateway-event.js';

/** An event as a backend finds it. What the sink does not carry is left out. */
export type ReceivedEvent = Partial<Omit<GatewayEvent, 'sequence'>>;

/** An event from the JSON that AMQP, NATS and webhooks carry, read as a consumer is told to read it. */
export function receivedFromJson(json: Readonly<Record<string, string>>): ReceivedEvent {
  const { id, connection, action, type, tags, message, encoding, reason } = json;
  return {
    id,
    connection,
    action: action === 'open' || action === 'close' ? action : 'message',
    type: type === 'text' || type === 'binary' ? type : undefined,
    tags,
    message: message === undefined ? undefined : Buffer.from(message, encoding === 'base64' ? 'base64' : 'utf8'),
    reason: closeReason(reason),
  };
}

/** The only reason that tests of sinks use. */
function closeReason(text: string | undefined): CloseReasonName | undefined {
  return text === 'closed_by_client' ? text : undefined;
}

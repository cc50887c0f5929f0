import { errorMessage } from '../../core/error.js';
import { encodingProblem } from '../event/encodable.js';
import type { GatewayEvent } from '../event/gateway-event.js';
import type { RefusedEvent } from './event-sink.js';

/**
 * Encodes the event, or refuses it when it cannot be encoded. That is the event's own fault and
 * must never make the sink count as away.
 */
export function encodeOrRefuse<T extends string | Buffer>(
  event: GatewayEvent,
  encode: (event: GatewayEvent) => T,
): T | RefusedEvent {
  const reason = encodingProblem(event);
  if (reason !== undefined) return { event, reason };
  try {
    return encode(event);
  } catch (error) {
    return { event, reason: `It cannot be encoded: ${errorMessage(error)}.` };
  }
}

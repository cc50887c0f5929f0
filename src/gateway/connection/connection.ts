import type { SendQueue } from './send-queue.js';
import type { Socket } from '../transport/socket.js';
import type { CloseReasonName } from '../close-reason.js';
import type { Endpoint } from './endpoint.js';

/**
 * One open WebSocket. Its fields are the memory cost of an idle client: add only those that every
 * connection needs.
 */
export class Connection {
  readonly id: string;
  readonly socket: Socket;
  readonly endpoint: Endpoint;
  /**
   * Shared with other connections while equal to the endpoint's tags. Replaced as a whole, and only
   * by the registry.
   */
  tags: ReadonlyMap<string, string>;
  /** Undefined while nothing is queued. Owned by delivery. */
  queue: SendQueue | undefined;
  /**
   * Reason for which the gateway is closing it, undefined before. Set by delivery, read when the
   * close is reported.
   */
  closeReason: CloseReasonName | undefined;

  constructor(id: string, socket: Socket, endpoint: Endpoint) {
    this.id = id;
    this.socket = socket;
    this.endpoint = endpoint;
    this.tags = endpoint.setTags;
    this.queue = undefined;
    this.closeReason = undefined;
  }
}

import type { SendQueue } from './send-queue.js';
import type { Socket } from '../transport/socket.js';
import type { CloseReasonName } from '../close-reason.js';
import type { Endpoint } from './endpoint.js';

/**
 * One open WebSocket. Its fields are the memory bill of an idle client: add none that is not needed
 * by each.
 */
export class Connection {
  readonly id: string;
  readonly socket: Socket;
  readonly endpoint: Endpoint;
  /**
   * Shared with others as long as they are equal to the endpoint's; replaced as a whole, by the
   * registry alone.
   */
  tags: ReadonlyMap<string, string>;
  /** Undefined while nothing waits; belongs to delivery. */
  queue: SendQueue | undefined;
  /**
   * Why the gateway closes it; undefined while it does not. Set by delivery, read when the close is
   * reported.
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

import type { CloseReasonName } from '../connection/close-reason.js';

/** What the connection handler counts since the start. Plain numbers: nothing is paid for them but when metrics are read. */
export class GatewayCounters {
  messagesReceived = 0;
  /** Messages from clients that the outbox could not take. */
  messagesRefused = 0;
  connectionsOpened = 0;
  connectionsClosed = 0;
  upgradesRefused = 0;
  readonly closedByReason = new Map<CloseReasonName, number>();

  countClose(reason: CloseReasonName): void {
    this.connectionsClosed += 1;
    this.closedByReason.set(reason, (this.closedByReason.get(reason) ?? 0) + 1);
  }
}

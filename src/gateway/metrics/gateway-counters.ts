import type { CloseReasonName } from '../connection/close-reason.js';
import { DurationCounts } from './duration-counts.js';

/** What the connection handler counts since the start. Plain numbers: nothing is paid for them but when metrics are read. */
export class GatewayCounters {
  messagesReceived = 0;
  /** Messages from clients that the outbox could not take. */
  messagesRefused = 0;
  connectionsOpened = 0;
  connectionsClosed = 0;
  upgradesRefused = 0;
  readonly handshakeDurations = new DurationCounts();
  readonly closedByReason = new Map<CloseReasonName, number>();

  /** Once an upgrade is decided on, `durationMs` after it arrived. */
  countUpgrade(accepted: boolean, durationMs: number): void {
    if (!accepted) this.upgradesRefused += 1;
    this.handshakeDurations.record(durationMs);
  }

  countClose(reason: CloseReasonName): void {
    this.connectionsClosed += 1;
    this.closedByReason.set(reason, (this.closedByReason.get(reason) ?? 0) + 1);
  }
}

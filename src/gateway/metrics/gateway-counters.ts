import type { CloseReasonName } from '../connection/close-reason.js';
import { DurationCounts } from './duration-counts.js';

/**
 * Why an upgrade is refused: the gateway is closed to new connections, the limit that it would
 * break, or what is wrong with it.
 */
export type UpgradeRefusal =
  | 'closed'
  | 'origin'
  | 'client_address'
  | 'auth'
  | 'auth_unavailable'
  | 'tags'
  | 'max_connections'
  | 'max_connections_per_address'
  | 'max_pending_upgrades'
  | 'max_pending_upgrades_per_address'
  | 'handshakes_per_s';

/**
 * What the connection handler counts since the start. Plain numbers: nothing is paid for them but
 * when metrics are read.
 */
export class GatewayCounters {
  messagesReceived = 0;
  /**
   * Messages from clients that the outbox could not take, or that were more than their endpoint
   * allows.
   */
  messagesRefused = 0;
  connectionsOpened = 0;
  connectionsClosed = 0;
  upgradesRefused = 0;
  readonly handshakeDurations = new DurationCounts();
  readonly refusedByReason = new Map<UpgradeRefusal, number>();
  /** Connections cut as soon as they were accepted. */
  readonly plainRefusedByReason = new Map<string, number>();
  readonly closedByReason = new Map<CloseReasonName, number>();

  /** Once an upgrade is decided on, `durationMs` after it arrived. */
  countUpgrade(accepted: boolean, durationMs: number): void {
    if (!accepted) this.upgradesRefused += 1;
    this.handshakeDurations.record(durationMs);
  }

  countRefusal(reason: UpgradeRefusal): void {
    this.refusedByReason.set(reason, (this.refusedByReason.get(reason) ?? 0) + 1);
  }

  countPlainRefusal(reason: string): void {
    this.plainRefusedByReason.set(reason, (this.plainRefusedByReason.get(reason) ?? 0) + 1);
  }

  countClose(reason: CloseReasonName): void {
    this.connectionsClosed += 1;
    this.closedByReason.set(reason, (this.closedByReason.get(reason) ?? 0) + 1);
  }
}

import type { CloseReasonName } from '../close-reason.js';
import { DurationCounts } from './duration-counts.js';

/**
 * Reasons for refusing an upgrade: the gateway accepts no connections, a limit is reached, or the
 * request is invalid.
 */
export const UPGRADE_REFUSALS = [
  'closed',
  'origin',
  'client_address',
  'auth',
  'auth_unavailable',
  'tags',
  'max_connections',
  'max_connections_per_address',
  'max_pending_upgrades',
  'max_pending_upgrades_per_address',
  'handshakes_per_s',
] as const;

export type UpgradeRefusal = (typeof UPGRADE_REFUSALS)[number];

/**
 * Counters of the connection handler since the start: plain numbers, which are formatted when
 * metrics are read.
 */
export class GatewayCounters {
  messagesReceived = 0;
  /**
   * Messages from clients that the outbox did not accept, or that were above a rate of their
   * endpoint.
   */
  messagesRefused = 0;
  connectionsOpened = 0;
  connectionsClosed = 0;
  upgradesRefused = 0;
  readonly handshakeDurations = new DurationCounts();
  readonly refusedByReason = new Map<UpgradeRefusal, number>();
  /** Connections closed right after they were accepted, by reason. */
  readonly plainRefusedByReason = new Map<string, number>();
  readonly closedByReason = new Map<CloseReasonName, number>();

  /** Counts a decision on an upgrade, `durationMs` after its arrival. */
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

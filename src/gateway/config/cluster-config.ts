/**
 * Query parameters of `/send`, `/settags` and `/close` in a cluster, which are not part of the
 * selector there.
 */
export const CALL_PARAMETERS: ReadonlySet<string> = new Set(['strict', 'report', 'wait', 'deadline_ms']);

/** Longest deadline of a call, configured or asked for. */
export const MOST_DEADLINE_MS = 10_000;

/** The program that carries calls between the nodes of a cluster, and its address with the login. */
export interface ClusterEngineConfig {
  readonly kind: 'nats' | 'redis';
  /**
   * One URL; for NATS also several, separated by commas. Contains a password: never to be logged.
   */
  readonly addr: string;
}

/** Configuration of a node that belongs to a cluster. */
export interface ClusterConfig {
  /** Part of every subject or channel: clusters with different names never meet. */
  readonly name: string;
  readonly engine: ClusterEngineConfig;
  /** Longest wait for the answers of other nodes. */
  readonly deadlineMs: number;
  /** Answers 504 instead of 200 when a node was silent. */
  readonly strict: boolean;
  /**
   * Authenticates messages between nodes; undefined: every client that may publish at the engine is
   * trusted.
   */
  readonly secret: string | undefined;
  /**
   * Wait before another node closes the connections of a node that is gone but may come back with
   * its log.
   */
  readonly declareDeadMs: number;
  /**
   * Treatment of events of those connections that the log of a node that was declared dead still
   * holds.
   */
  readonly lateEvents: 'dead-letter' | 'deliver';
  /** Takes a free node number from the engine instead of `node`. */
  readonly leasesNumber: boolean;
  /** `host:port` of the internal API of this node, for other programs. */
  readonly advertise: string | undefined;
}

import type { EventBoot } from '../../event/gateway-event.js';

/** Remains of earlier starts in a log. */
export interface LeftInLog {
  /** Starts that wrote it, the oldest first. */
  readonly boots: readonly EventBoot[];
  /** Connections of other nodes whose close event is in it. */
  readonly adopted: ReadonlySet<string>;
}

/** Answer of a review. */
export interface Verdict {
  /** True when another node has closed this connection, or will: it gets no close event here. */
  isClosedElsewhere(connection: string): boolean;
  /**
   * Takes the connections whose close events were appended now, in the order of their sequences,
   * which are consecutive from `first` on.
   */
  closed(connections: readonly string[], first: number): void;
}

/**
 * Is asked once, before anything of the log is delivered, which connections of earlier starts were
 * closed by other nodes. Must not reject.
 */
export type RecoveryReview = (left: LeftInLog) => Promise<Verdict>;

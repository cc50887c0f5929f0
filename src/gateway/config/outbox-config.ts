/** Configuration of the outbox between events and sinks. */
export interface OutboxConfig extends OutboxLimits {
  /** Absolute; undefined: memory alone, and `durability` is `memory`. */
  readonly dir: string | undefined;
  readonly durability: 'memory' | 'disk';
  readonly fsync: 'always' | 'interval' | 'never';
  readonly fsyncIntervalMs: number;
  readonly maxDiskBytes: number;
  readonly segmentBytes: number;
  /** The treatment of a log that is damaged before its end. */
  readonly damaged: 'skip' | 'strict';
  /** The share of the bound that the events of one connection may use; 1: all of it. */
  readonly connectionShare: number;
  /** Bound on the events that wait for a sink that is not required. */
  readonly optionalMaxBytes: number;
  /** Limits on the retries of an event that fails while others pass. */
  readonly lanes: LanePolicy;
  /** A sink counts as away when a batch has been in flight for this time. */
  readonly silentAfterMs: number;
  /** Absolute; created for the first dead letter. */
  readonly deadLetterDir: string;
  /** Bound on the dead letters of each sink. */
  readonly deadLetterMaxBytes: number;
  readonly deadLetterPolicy: 'block' | 'drop-oldest';
}

/** Configuration of the mirror of connection state in Redis. */
export interface MirrorConfig {
  readonly addr: string;
  readonly ttlMs: number;
}

/** Limits on the retries of events that fail while others pass. */
export interface LanePolicy {
  /** Attempts for an event that gets no clear answer. */
  readonly suspectTries: number;
  readonly suspectAfterMs: number;
  /** Longest wait for a destination that is away. */
  readonly destinationWaitMs: number;
}

/** Bounds on the events that wait for the sinks: in memory, and on disk with a log. */
export interface OutboxLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** Infinity without a log. */
  readonly maxDiskBytes: number;
}

/** The default bounds in memory. */
export const DEFAULT_OUTBOX_LIMITS = { maxEvents: 1_000_000, maxBytes: 64 * 1024 * 1024 } as const;

/** What stands between events and sinks. */
export interface OutboxConfig extends OutboxLimits {
  /** Absolute; undefined: memory alone, and `durability` is `memory`. */
  readonly dir: string | undefined;
  readonly durability: 'memory' | 'disk';
  readonly fsync: 'always' | 'interval' | 'never';
  readonly fsyncIntervalMs: number;
  readonly maxDiskBytes: number;
  readonly segmentBytes: number;
  /** What a start does with a log that is damaged before its end. */
  readonly damaged: 'skip' | 'strict';
  /** What the events of one connection may take of the bound, 1 for all of it. */
  readonly connectionShare: number;
  /** What may wait for a sink that is not required. */
  readonly optionalMaxBytes: number;
  /** When an event that fails while others pass is given up. */
  readonly lanes: LanePolicy;
  /** A batch that a sink does not answer for so long makes it count as away. */
  readonly silentAfterMs: number;
  /** Absolute; made when the first event goes there. */
  readonly deadLetterDir: string;
  /** Of each sink's dead letters. */
  readonly deadLetterMaxBytes: number;
  readonly deadLetterPolicy: 'block' | 'drop-oldest';
}

/** Connection state in Redis. */
export interface MirrorConfig {
  readonly addr: string;
  readonly ttlMs: number;
}

/** When what fails while others pass is given up. */
export interface LanePolicy {
  /** Tries of an event that gets no clear answer. */
  readonly suspectTries: number;
  readonly suspectAfterMs: number;
  /** How long an event waits for a destination that is away. */
  readonly destinationWaitMs: number;
}

/** What may wait for the sinks at most: in memory, and with a log on disk. */
export interface OutboxLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** Infinity without a log. */
  readonly maxDiskBytes: number;
}

/** The bounds in memory that hold unless the configuration says otherwise. */
export const DEFAULT_OUTBOX_LIMITS = { maxEvents: 1_000_000, maxBytes: 64 * 1024 * 1024 } as const;

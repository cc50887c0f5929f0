/** Life of a lease that is not renewed. */
export const LEASE_MS = 15_000;

/**
 * Node numbers in use, in the engine of a cluster. A lease ends after 15 s unless it is renewed.
 * Each method connects when needed, and rejects with an `EngineRefusal` when a retry is useless, or
 * with another error when the engine is away.
 */
export interface LeaseStore {
  /** Numbers that somebody has. */
  taken(): Promise<ReadonlySet<number>>;
  /** Takes a number that nobody has; false when somebody has it. */
  take(number: number): Promise<boolean>;
  /** Renews a lease, or takes it again when it has ended meanwhile; false when another node has it. */
  renew(number: number): Promise<boolean>;
  /** Ends a lease, unless another node has it. */
  release(number: number): Promise<void>;
  close(): Promise<void>;
}

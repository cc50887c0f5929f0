/** The receivers of a message of the engine. */
export type EngineTarget =
  | { readonly to: 'all' }
  /** Every node, the sender included: beats. */
  | { readonly to: 'beats' }
  /** One node, whatever its boot: calls for its connections. */
  | { readonly to: 'node'; readonly node: number }
  /** One start of one node: answers, so that a late one reaches no successor. */
  | { readonly to: 'inbox'; readonly node: number; readonly boot: number };

/** Is notified of what happens on the engine. */
export interface EngineListener {
  /** One message: whole frames. `bytes` stay valid. Messages of one sender keep their order. */
  received(bytes: Uint8Array): void;
  /** Connected and subscribed, also after a loss. */
  up(): void;
  /** Messages may be lost from now on. Called once for each loss, with a reason for the log. */
  down(reason: string): void;
}

/**
 * NATS or Redis as the carrier of messages between nodes. Messages are delivered at most once, and
 * nothing is queued while the connection is lost: a call that arrives a minute late does more harm
 * than one that is reported as missing.
 */
export interface Engine {
  readonly kind: 'nats' | 'redis';
  readonly isUp: boolean;
  /**
   * Number of messages that were dropped because they are not authentic, by reason; empty unless the
   * cluster has a secret.
   */
  readonly refused: ReadonlyMap<string, number>;
  /** Largest message that the server takes; known once it is up. */
  readonly maxMessageBytes: number;
  /**
   * Connects and subscribes as this boot of this node; an engine that is away is tried again in the
   * background, and the promise resolves after at most 5 s. Rejects with `sink.refused` when the
   * engine refuses the login or a subject.
   */
  start(self: { readonly node: number; readonly boot: number }, listener: EngineListener): Promise<void>;
  /** Sends, or drops the message and returns false when the engine is not up. */
  publish(target: EngineTarget, bytes: Uint8Array): boolean;
  /** Closes the connection and opens a new one: it is deaf. */
  reconnect(reason: string): void;
  stop(): Promise<void>;
}

import type { Clock } from '../../../core/clock.js';
import { formatNode } from '../../connection/connection-id.js';
import type { EngineTarget } from '../engine.js';

/** One start of one node. */
export interface NodeBoot {
  readonly node: number;
  /** Milliseconds since the Unix epoch. */
  readonly boot: number;
}

/** One connection to an engine. It does not reconnect: `ReconnectingEngine` opens another. */
export interface EngineLink {
  /** Why it is not open any more; undefined while it is. */
  readonly endedBecause: string | undefined;
  readonly maxMessageBytes: number;
  /** Sends, or drops the message and returns false. */
  publish(target: EngineTarget, bytes: Uint8Array): boolean;
  /** Sends what was published, at most for 500 ms, and disconnects. Idempotent. */
  close(): Promise<void>;
}

/** Address and identity for the opening of a link. */
export interface EngineLinkOptions {
  /** Holds credentials: never to be logged. */
  readonly addr: string;
  /** Name of the cluster. */
  readonly cluster: string;
  readonly self: NodeBoot;
  /** Time limit for the opening, for each server that `addr` names. */
  readonly timeoutMs: number;
}

export interface EngineLinkDeps {
  readonly clock: Clock;
  /** Aborts the opening. */
  readonly giveUp: AbortSignal;
  /** Takes each message that is not empty, in order. */
  readonly received: (bytes: Uint8Array) => void;
  /** Called once when the link ends without `close`. */
  readonly lost: (reason: string) => void;
}

/**
 * Connects, subscribes, and publishes an empty message to each kind of target, so that a missing
 * permission is found. Rejects with an `EngineRefusal` when a retry is useless.
 */
export type OpenEngineLink = (options: EngineLinkOptions, deps: EngineLinkDeps) => Promise<EngineLink>;

/** The four targets that a node listens on. */
export function ownTargets({ node, boot }: NodeBoot): EngineTarget[] {
  return [{ to: 'all' }, { to: 'beats' }, { to: 'node', node }, { to: 'inbox', node, boot }];
}

/**
 * The subject of NATS (`separator` '.') or the channel of Redis (':') of a target, as in
 * `wsg.shop.node.0007`.
 */
export function targetName(cluster: string, separator: '.' | ':', target: EngineTarget): string {
  const prefix = `wsg${separator}${cluster}${separator}`;
  switch (target.to) {
    case 'all':
      return `${prefix}all`;
    case 'beats':
      return `${prefix}beat`;
    case 'node':
      return `${prefix}node${separator}${formatNode(target.node)}`;
    case 'inbox':
      return `${prefix}in${separator}${formatNode(target.node)}${separator}${target.boot}`;
  }
}

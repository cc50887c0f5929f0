import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../../core/clock.js';
import { LimitedLog } from '../../../core/limited-log.js';
import type { Logger } from '../../../core/logger.js';
import { formatNode } from '../../connection/connection-id.js';
import type { Engine, EngineListener, EngineTarget } from '../engine.js';
import type { NodeBoot } from './engine-link.js';
import {
  clusterKey,
  ENVELOPE_BYTES,
  openEnvelope,
  sealEnvelope,
  type EnvelopeProblem,
  type OpenedEnvelope,
} from './envelope.js';

/**
 * Why a message was refused. `repeated`: it is not newer than the last one of its sender. `stale`:
 * it is the first one of its sender, and too old.
 */
export type MessageRefusal = EnvelopeProblem | 'repeated' | 'stale';

export interface AuthenticEngineOptions {
  readonly secret: string;
  /** Name of the cluster. */
  readonly cluster: string;
}

export interface AuthenticEngineDeps {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Greatest age of the first message of a sender. It bounds the repetition of messages to a node that
 * has just started, and the difference between the clocks of two nodes.
 */
const GREATEST_AGE_MS = 30_000;
/** Senders that are remembered; a cluster has fewer nodes. */
const MOST_SENDERS = 1_024;
const WARN_EACH_MS = 10_000;

const EFFECT: Readonly<Record<MessageRefusal, string>> = {
  absent: 'a message without authentication was dropped; all nodes need the same cluster.secret',
  wrong: 'a message with another secret was dropped; all nodes need the same cluster.secret',
  misdirected: 'a message for another node was dropped: somebody repeats messages at the engine',
  repeated: 'an old message was dropped: somebody repeats messages at the engine',
  stale: `a message was dropped because its time differs by more than ${GREATEST_AGE_MS / 1000} s; compare the clocks of the nodes`,
};

/**
 * An engine whose messages are authenticated by the secret of the cluster, and never accepted twice.
 * Measured on a busy machine in November 2026: about 3.5 us of CPU a message of up to 1 KiB on each
 * side, 16 us to send and 11 us to receive 16 KiB, 165 us and 135 us for 256 KiB.
 */
export class AuthenticEngine implements Engine {
  readonly kind: Engine['kind'];
  readonly #engine: Engine;
  readonly #deps: AuthenticEngineDeps;
  readonly #key: KeyObject;
  readonly #warnings: LimitedLog;
  readonly #refused = new Map<MessageRefusal, number>();
  #self: NodeBoot = { node: 0, boot: 0 };
  #count = 0;
  /** Count of the last message of each sender, the sender that was silent longest first. */
  readonly #lastCounts = new Map<string, number>();

  constructor({ secret, cluster }: AuthenticEngineOptions, deps: AuthenticEngineDeps) {
    this.kind = deps.engine.kind;
    this.#engine = deps.engine;
    this.#deps = deps;
    this.#key = clusterKey(secret, cluster);
    this.#warnings = new LimitedLog(deps.log, deps.clock, WARN_EACH_MS);
  }

  get isUp(): boolean {
    return this.#engine.isUp;
  }

  get refused(): ReadonlyMap<string, number> {
    return this.#refused;
  }

  get maxMessageBytes(): number {
    return Math.max(0, this.#engine.maxMessageBytes - ENVELOPE_BYTES);
  }

  start(self: NodeBoot, listener: EngineListener): Promise<void> {
    this.#self = self;
    return this.#engine.start(self, {
      received: (message) => {
        const payload = this.#accepted(message);
        if (payload !== undefined) listener.received(payload);
      },
      up: () => listener.up(),
      down: (reason) => listener.down(reason),
    });
  }

  publish(target: EngineTarget, bytes: Uint8Array): boolean {
    // Saves the work for a message that the engine drops.
    if (!this.#engine.isUp) return false;
    this.#count += 1;
    const head = { target, from: this.#self, count: this.#count, sentAt: this.#deps.clock.wallNow() };
    return this.#engine.publish(target, sealEnvelope(this.#key, head, bytes));
  }

  reconnect(reason: string): void {
    this.#engine.reconnect(reason);
  }

  stop(): Promise<void> {
    return this.#engine.stop();
  }

  /** The payload; undefined for a message that is refused. */
  #accepted(message: Uint8Array): Buffer | undefined {
    const opened = openEnvelope(this.#key, this.#self, message);
    if (typeof opened === 'string') return this.#refuse(opened);
    const { node, boot } = opened.from;
    const sender = `${node}:${boot}`;
    const problem = this.#problemOfOrder(opened, this.#lastCounts.get(sender));
    if (problem !== undefined) return this.#refuse(problem, node);
    this.#lastCounts.delete(sender);
    this.#lastCounts.set(sender, opened.count);
    if (this.#lastCounts.size > MOST_SENDERS) this.#forgetOldest();
    return opened.payload;
  }

  #problemOfOrder({ count, sentAt }: OpenedEnvelope, last: number | undefined): MessageRefusal | undefined {
    if (last !== undefined) return count > last ? undefined : 'repeated';
    const ageMs = Math.abs(this.#deps.clock.wallNow() - sentAt);
    return ageMs > GREATEST_AGE_MS ? 'stale' : undefined;
  }

  #forgetOldest(): void {
    const [oldest] = this.#lastCounts.keys();
    if (oldest !== undefined) this.#lastCounts.delete(oldest);
  }

  #refuse(refusal: MessageRefusal, node?: number): undefined {
    this.#refused.set(refusal, (this.#refused.get(refusal) ?? 0) + 1);
    const from = node === undefined ? {} : { node: formatNode(node) };
    this.#warnings.warn('cluster.message-refused', { reason: refusal, ...from, effect: EFFECT[refusal] });
  }
}

import type { Clock } from '../../core/clock.js';
import { ConnectionLimits } from '../access/connection-limits.js';
import type { Frame } from '../calls/frame.js';
import type { LimitsConfig } from '../config/access-config.js';
import type { FrameLink } from './frame-link.js';
import { LIMIT_OP, LINK_KIND, limitAnswer } from './link-frames.js';

type SharedLimitOptions = Pick<LimitsConfig, 'maxConnections' | 'maxConnectionsPerAddress' | 'handshakesPerSecond'>;

export interface NodeLimitsDeps {
  readonly limits: SharedLimitOptions;
  readonly clock: Clock;
}

/**
 * The limits on connections of the whole node: workers ask for each upgrade, so the limits are
 * exact, whichever worker a client reaches. Connections are counted from the answer until the
 * worker gives them back, or ends.
 */
export class NodeLimits {
  readonly #limits: ConnectionLimits;
  #connections = 0;

  constructor({ limits, clock }: NodeLimitsDeps) {
    const { maxConnections, maxConnectionsPerAddress, handshakesPerSecond } = limits;
    this.#limits = new ConnectionLimits({
      // Without a limit on their number, each worker has its own: that on its open files.
      maxConnections: maxConnections === 0 ? Number.POSITIVE_INFINITY : maxConnections,
      maxConnectionsPerAddress,
      handshakesPerSecond,
      clock,
      open: () => this.#connections,
    });
  }

  /** Number of connections and of places that are promised to upgrades. */
  get connections(): number {
    return this.#connections;
  }

  attach(link: FrameLink): void {
    const taken = new Map<string, number>();
    link.handle(LINK_KIND.limits, (frame) => this.#handle(link, frame, taken));
    link.onClosed(() => {
      for (const [address, count] of taken) for (let left = count; left > 0; left -= 1) this.#closed(address);
      taken.clear();
    });
  }

  #handle(link: FrameLink, { op, call, body }: Frame, taken: Map<string, number>): void {
    const address = Buffer.from(body).toString();
    const count = taken.get(address) ?? 0;
    if (op === LIMIT_OP.giveBack) {
      if (count > 1) taken.set(address, count - 1);
      else taken.delete(address);
      if (count > 0) this.#closed(address);
      return;
    }
    const reached = op === LIMIT_OP.take ? this.#limits.reached(address) : this.#limits.admit(address);
    if (reached === undefined && op !== LIMIT_OP.admit) {
      taken.set(address, count + 1);
      this.#connections += 1;
      if (this.#limits.countsAddresses) this.#limits.opened(address);
    }
    link.send({ kind: LINK_KIND.limits, op: limitAnswer(reached), call });
  }

  #closed(address: string): void {
    this.#connections -= 1;
    if (this.#limits.countsAddresses) this.#limits.closed(address);
  }
}

/** Whether any of these limits is set, so that workers must ask. */
export function areLimitsShared(limits: SharedLimitOptions): boolean {
  return limits.maxConnections > 0 || limits.maxConnectionsPerAddress > 0 || limits.handshakesPerSecond > 0;
}

/**
 * The limits that a worker checks by itself: without those that the supervisor counts, and with its
 * part of those on what is not a connection yet. The parts add up to the limits of the node.
 */
export function limitsOfWorker(limits: LimitsConfig, { worker, workers }: WorkerOfNode): LimitsConfig {
  const partOf = (limit: number): number => {
    const isOneMore = worker <= limit % workers;
    return Math.max(1, Math.floor(limit / workers) + (isOneMore ? 1 : 0));
  };
  return {
    ...limits,
    maxConnections: 0,
    maxConnectionsPerAddress: 0,
    handshakesPerSecond: 0,
    maxPendingUpgrades: partOf(limits.maxPendingUpgrades),
    maxPlainConnections: partOf(limits.maxPlainConnections),
  };
}

/** One of the workers of a node, numbered from 1. */
export interface WorkerOfNode {
  readonly worker: number;
  readonly workers: number;
}

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../../core/clock.js';
import { backoffMs, Pause, waitAtMost } from '../../core/delay.js';
import { errorMessage, WsgError } from '../../core/error.js';
import { LimitedLog } from '../../core/limited-log.js';
import type { Logger } from '../../core/logger.js';
import { maskUrl } from '../../core/masked-url.js';
import type { ClusterConfig } from '../config/cluster-config.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { formatNode } from '../connection/connection-id.js';
import { EngineRefusal } from './engines/engine-refusal.js';
import type { LeaseStore } from './leases-store.js';
import { NatsLeaseStore } from './leases-nats.js';
import { RedisLeaseStore } from './leases-redis.js';

export interface LeaseDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /**
   * Takes the reason, once, when another node has taken the number because this process did not
   * renew its lease for 15 s. Connections of this node cannot be found by their id any more, so it
   * must drain and end.
   */
  readonly onLost: (error: WsgError) => void;
}

/** A configuration with the number of this node. */
interface NumberedConfig {
  readonly config: GatewayConfig;
  readonly release: () => Promise<void>;
}

const RENEW_EACH_MS = 3_000;
/** An engine that was restarted may have forgotten the lease, and another node may take the number. */
const RETRY_MS = 500;
const WARN_EACH_MS = 10_000;
const RELEASE_MS = 2_000;
/** 0 is the number of a node without configuration. */
const FIRST_NUMBER = 1;
const LAST_NUMBER = 0xffff;

/**
 * Takes the lowest free node number from the engine. Waits as long as the engine is away. Rejects
 * with `sink.refused` when the engine refuses.
 */
export async function acquireNodeNumber(
  config: Pick<ClusterConfig, 'engine' | 'name'>,
  deps: LeaseDeps,
): Promise<NodeLease> {
  const store = storeOf(config, deps.clock);
  const log = new LimitedLog(deps.log, deps.clock, WARN_EACH_MS);
  const pause = new Pause(deps.clock);
  const addr = maskUrl(config.engine.addr);
  for (let failures = 1; ; failures += 1) {
    try {
      return new NodeLease(await takeLowest(store), store, deps);
    } catch (error) {
      await store.close();
      if (error instanceof EngineRefusal) throw refusedLease(error, addr);
      if (error instanceof NoFreeNumber) throw new WsgError('sink.refused', error.message);
      log.warn('cluster.lease-waits', { addr, reason: errorMessage(error) });
      await pause.wait(backoffMs(failures));
    }
  }
}

/** The configuration with the leased number, when it asks for one. `release` ends the lease. */
export async function withNodeNumber(config: GatewayConfig, deps: LeaseDeps): Promise<NumberedConfig> {
  const { cluster } = config;
  if (cluster?.leasesNumber !== true) return { config, release: () => Promise.resolve() };
  const lease = await acquireNodeNumber(cluster, deps);
  deps.log.info('cluster.number-leased', { node: formatNode(lease.number) });
  return { config: { ...config, node: lease.number }, release: () => lease.release() };
}

/** A node number that is renewed until `release`. */
export class NodeLease {
  readonly #store: LeaseStore;
  readonly #deps: LeaseDeps;
  readonly #log: LimitedLog;
  #isOver = false;
  #renewing: Promise<void> = Promise.resolve();
  #cancel: () => void = () => undefined;

  constructor(
    readonly number: number,
    store: LeaseStore,
    deps: LeaseDeps,
  ) {
    this.#store = store;
    this.#deps = deps;
    this.#log = new LimitedLog(deps.log, deps.clock, WARN_EACH_MS);
    this.#schedule(RENEW_EACH_MS);
  }

  /** Frees the number for the next node, within 2 s. Idempotent. */
  async release(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancel();
    const released = this.#renewing.then(() => this.#store.release(this.number));
    await waitAtMost(this.#deps.clock, released, RELEASE_MS);
    await this.#store.close();
  }

  #schedule(delayMs: number): void {
    this.#cancel = this.#deps.clock.schedule(() => {
      this.#renewing = this.#renew();
    }, delayMs);
  }

  async #renew(): Promise<void> {
    const node = formatNode(this.number);
    let delayMs = RENEW_EACH_MS;
    try {
      if (!(await this.#store.renew(this.number))) return await this.#lost(node);
    } catch (error) {
      this.#log.warn('cluster.lease-not-renewed', { node, reason: errorMessage(error) });
      delayMs = RETRY_MS;
    }
    if (!this.#isOver) this.#schedule(delayMs);
  }

  async #lost(node: string): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const why = 'this one was stopped or cut off from the engine for longer than 15 s';
    this.#deps.onLost(
      new WsgError('cluster.number-taken', `Another node has taken the node number ${node}, because ${why}.`, {
        hint: 'The gateway drains and ends; started again, it takes a free number.',
      }),
    );
    await this.#store.close();
  }
}

class NoFreeNumber extends Error {}

async function takeLowest(store: LeaseStore): Promise<number> {
  let taken = await store.taken();
  for (let number = FIRST_NUMBER; number <= LAST_NUMBER; number += 1) {
    if (taken.has(number)) continue;
    if (await store.take(number)) return number;
    // Another node was faster, and others may be at it.
    taken = await store.taken();
  }
  throw new NoFreeNumber(`All node numbers of the cluster are in use, ${FIRST_NUMBER} to ${LAST_NUMBER}.`);
}

function storeOf({ engine, name }: Pick<ClusterConfig, 'engine' | 'name'>, clock: Clock): LeaseStore {
  const options = { addr: engine.addr, cluster: name, holder: `${hostname()} ${process.pid} ${randomUUID()}` };
  return engine.kind === 'nats' ? new NatsLeaseStore(options) : new RedisLeaseStore(options, clock);
}

function refusedLease(error: EngineRefusal, addr: string): WsgError {
  return new WsgError('sink.refused', `${addr} refuses the lease of a node number: ${error.message}`, {
    hint: `${error.hint} Or set node.number to a number that no other node has.`,
    cause: error,
  });
}

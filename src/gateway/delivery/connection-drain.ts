import type { Clock } from '../../core/clock.js';
import type { Delivery } from './delivery.js';
import type { ConnectionRegistry } from '../connection/registry.js';

/** Time between two batches of closes. */
const BATCH_EACH_MS = 20;

export interface ConnectionDrainDeps {
  readonly registry: ConnectionRegistry;
  readonly delivery: Delivery;
  readonly clock: Clock;
}

/**
 * Closes all connections for `drain`, in batches spread over time, so that clients do not all
 * reconnect at once.
 */
export class ConnectionDrain {
  readonly #deps: ConnectionDrainDeps;
  #onEmpty: (() => void) | undefined;

  constructor(deps: ConnectionDrainDeps) {
    this.#deps = deps;
  }

  /** Call it for each connection that has closed. */
  connectionClosed(): void {
    if (this.#deps.registry.size === 0) this.#onEmpty?.();
  }

  /**
   * Resolves when all connections have closed, or `boundMs` after the last close began. No
   * connection may open meanwhile.
   */
  async run(spreadMs: number, boundMs: number): Promise<void> {
    const { registry, delivery } = this.#deps;
    const batches = Math.max(1, Math.floor(spreadMs / BATCH_EACH_MS));
    const batchSize = Math.ceil(registry.size / batches);
    let inBatch = 0;
    for (const connection of registry) {
      if (inBatch === batchSize) {
        await this.#wait(BATCH_EACH_MS);
        inBatch = 0;
      }
      inBatch += 1;
      delivery.closeOne(connection, 'drain');
    }
    if (registry.size > 0) await this.#empty(boundMs);
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#deps.clock.schedule(resolve, delayMs));
  }

  #empty(boundMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.schedule(resolve, boundMs);
      this.#onEmpty = () => {
        cancel();
        resolve();
      };
    });
  }
}

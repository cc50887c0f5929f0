import { redisAddress } from '../../redis/redis-url.js';
import type { EngineTarget } from '../engine.js';
import { ownTargets, targetName, type EngineLink, type EngineLinkDeps, type EngineLinkOptions } from './engine-link.js';
import { redisRefusal } from './engine-refusal.js';
import { RedisPublisher } from './redis-publisher.js';
import { RedisSubscription } from './redis-subscription.js';

/**
 * Redis accepts values of this size whatever its configuration, as it is the least
 * `proto-max-bulk-len`; and the output buffer of a subscriber, 8 MB for 60 s by default, has room
 * for several.
 */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/**
 * Two connections to Redis: one publishes, one is subscribed. The loss of either is the loss of the
 * link.
 */
export class RedisEngineLink implements EngineLink {
  endedBecause: string | undefined;
  readonly maxMessageBytes = MAX_MESSAGE_BYTES;
  readonly #options: EngineLinkOptions;
  readonly #deps: EngineLinkDeps;
  readonly #publisher: RedisPublisher;
  readonly #subscription: RedisSubscription;

  private constructor(options: EngineLinkOptions, deps: EngineLinkDeps) {
    this.#options = options;
    this.#deps = deps;
    const given = redisAddress(options.addr);
    const address = { ...given, dialTimeoutMs: Math.min(given.dialTimeoutMs, options.timeoutMs) };
    const { clock } = deps;
    this.#publisher = new RedisPublisher(address, { clock, lost: (reason) => this.#end(reason) });
    this.#subscription = new RedisSubscription(address, {
      clock,
      received: (bytes) => {
        if (bytes.length > 0) deps.received(bytes);
      },
      lost: (reason) => this.#end(`${reason}${SUBSCRIPTION_NOTE}`),
    });
  }

  /** See `OpenEngineLink`. */
  static async open(this: void, options: EngineLinkOptions, deps: EngineLinkDeps): Promise<EngineLink> {
    const link = new RedisEngineLink(options, deps);
    const giveUp = (): void => link.#cut('it was given up');
    const late = `no connection within ${options.timeoutMs} ms`;
    const cancelTimeout = deps.clock.schedule(() => link.#cut(late), options.timeoutMs);
    deps.giveUp.addEventListener('abort', giveUp, { once: true });
    try {
      deps.giveUp.throwIfAborted();
      await link.#open();
      return link;
    } catch (error) {
      link.#cut('it failed');
      throw redisRefusal(error, options.addr, `resetchannels &wsg:${options.cluster}:* +publish +subscribe`);
    } finally {
      cancelTimeout();
      deps.giveUp.removeEventListener('abort', giveUp);
    }
  }

  publish(target: EngineTarget, bytes: Uint8Array): boolean {
    if (bytes.length > MAX_MESSAGE_BYTES) return false;
    return this.#publisher.publish(targetName(this.#options.cluster, ':', target), bytes);
  }

  async close(): Promise<void> {
    this.endedBecause ??= 'it was closed';
    this.#subscription.close();
    await this.#publisher.finish();
  }

  /** The subscription comes first, so that it hears what the publisher tries. */
  async #open(): Promise<void> {
    const channels = ownTargets(this.#options.self).map((target) => targetName(this.#options.cluster, ':', target));
    await this.#subscription.open(channels);
    await this.#publisher.open(channels);
  }

  #end(reason: string): void {
    if (this.endedBecause !== undefined) return;
    this.#cut(reason);
    this.#deps.lost(reason);
  }

  #cut(reason: string): void {
    this.endedBecause ??= reason;
    this.#subscription.close(reason);
    this.#publisher.close(reason);
  }
}

/** Redis does not tell a subscriber why it cuts it. */
const SUBSCRIPTION_NOTE =
  ' (on the connection that receives; Redis also cuts it when this node reads too slowly, see client-output-buffer-limit pubsub)';

import { setTimeout as sleep } from 'node:timers/promises';
import { RedisBroker } from '../chaos/redis.mjs';

const POLL_EACH_MS = 500;

/** The Redis of sinks and mirror, which no fault touches. */
export class EventsBroker {
  #redis;
  #url;

  static async start(folder) {
    const broker = new EventsBroker();
    broker.#redis = await RedisBroker.start(folder);
    broker.#url = broker.#redis.url;
    return broker;
  }

  /** The keys of a node's configuration for it. */
  get config() {
    return {
      stream_redis: { addr: this.#url, stream_name: 'chaos', event_id_field: 'event' },
      connection_redis_sync: { addr: this.#url },
    };
  }

  events() {
    return this.#redis.events();
  }

  /** Waits until every connection with an open has a close, but no longer than `boundMs`. */
  async allClosed(boundMs) {
    const until = performance.now() + boundMs;
    while (performance.now() < until && hasOpen(await this.events())) await sleep(POLL_EACH_MS);
  }

  stop() {
    return this.#redis.kill();
  }
}

function hasOpen(events) {
  const closed = new Set(events.filter(({ action }) => action === 'close').map(({ connection }) => connection));
  return events.some(({ action, connection }) => action === 'open' && !closed.has(connection));
}

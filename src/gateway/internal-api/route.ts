import type { DurationCounts } from '../metrics/duration-counts.js';
import type { HttpExchange } from '../transport/http/http-exchange.js';

/** One path of the internal API. */
export interface Route {
  readonly path: string;
  /**
   * Other methods are answered with 405. A GET route also gets HEAD requests: transports omit the
   * body, but a stream must end.
   */
  readonly method: 'GET' | 'POST';
  /**
   * Whether the route is open to every caller. `trusted` tells whether the caller may use the
   * internal API.
   */
  readonly open: boolean;
  handle(exchange: HttpExchange, trusted: boolean): void | Promise<void>;
}

/** Wraps a route to record the time from request to answer. */
export function timedRoute(route: Route, durations: DurationCounts): Route {
  return {
    ...route,
    handle: async (exchange, trusted) => {
      const startedAt = performance.now();
      try {
        await route.handle(exchange, trusted);
      } finally {
        durations.record(performance.now() - startedAt);
      }
    },
  };
}

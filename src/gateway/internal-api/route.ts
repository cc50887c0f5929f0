import type { DurationCounts } from '../metrics/duration-counts.js';
import type { HttpExchange } from '../transport/http/http-exchange.js';

/** One path of the internal API. */
export interface Route {
  readonly path: string;
  /**
   * Other methods are answered 405. A route that takes GET is given HEAD as well: transports leave
   * the body out, but a stream must end.
   */
  readonly method: 'GET' | 'POST';
  /**
   * Answers anybody, not only those who may use the internal API; it is told which of the two asks.
   */
  readonly open: boolean;
  handle(exchange: HttpExchange, trusted: boolean): void | Promise<void>;
}

/** The route, with the time from its request to its answer counted. */
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

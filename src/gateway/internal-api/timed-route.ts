import type { DurationCounts } from '../metrics/duration-counts.js';
import type { Route } from './route.js';

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

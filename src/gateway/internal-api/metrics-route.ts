import type { GatewayMetrics } from '../metrics/gateway-metrics.js';
import type { Route } from './route.js';

/** `GET /metrics`: Prometheus text. */
export function metricsRoute(metrics: GatewayMetrics): Route {
  return {
    path: '/metrics',
    method: 'GET',
    open: false,
    handle: async (exchange) => {
      const body = await metrics.text();
      exchange.answer({ status: 200, headers: { 'Content-Type': metrics.contentType }, body });
    },
  };
}

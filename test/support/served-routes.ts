import { onTestFinished } from 'vitest';
import { silentLogger } from '../../src/core/logger.js';
import type { Route } from '../../src/gateway/internal-api/route.js';
import { HttpListener } from '../../src/gateway/transport/http/http-listener.js';

/** Serves routes on a free port of loopback, without access rules; resolves to the URL before a path. */
export async function serveRoutes(routes: readonly Route[]): Promise<string> {
  const listener = new HttpListener({
    listen: { host: '127.0.0.1', port: 0 },
    http: (exchange) => routes.find(({ path }) => path === exchange.request.path)?.handle(exchange, true),
    log: silentLogger,
  });
  const { port } = await listener.listen();
  onTestFinished(() => listener.stop());
  return `http://127.0.0.1:${port}`;
}

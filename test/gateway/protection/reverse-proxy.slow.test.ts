import { afterAll, beforeAll, expect, it } from 'vitest';
import { RawWebSocket } from '../../support/raw-websocket.js';
import { ReverseProxies } from '../../support/reverse-proxy.js';
import { RunningGateway } from '../../support/running-gateway.js';

const BUILD_TIMEOUT_MS = 300_000;

/** Where a client is that reached the proxy through another one. */
const STRANGER = '203.0.113.7';

const proxies = new ReverseProxies();
beforeAll(() => proxies.build(), BUILD_TIMEOUT_MS);
afterAll(() => proxies.remove());

/** The status that an outsider gets for `POST /send?all=true` with this number of header lines. */
async function send(port: number, headerLines: number): Promise<number> {
  const client = await RawWebSocket.connect(port);
  const lines = Array.from({ length: headerLines }, (_, index) => `A-${index}: 1`);
  const head = ['POST /send?all=true HTTP/1.1', 'Host: localhost', 'Content-Length: 2', 'Connection: close'];
  head.push(`X-Forwarded-For: ${STRANGER}`);
  client.write(`${[...head, ...lines].join('\r\n')}\r\n\r\nhi`);
  const { status } = await client.head();
  client.destroy();
  return status;
}

it.each(['public', 'internal'] as const)(
  'a stranger behind a reverse proxy reaches no internal API, however many headers it sends: %s listener',
  async (listener) => {
    const internal_listen_addr = listener === 'internal' ? '127.0.0.1:0' : '';
    for (const trusted_proxies_as_clients of [[], ['127.0.0.1/32']]) {
      const gateway = await RunningGateway.start({
        transport: 'ws',
        internal_listen_addr,
        trusted_proxies: ['127.0.0.1/32'],
        trusted_proxies_as_clients,
        internal_endpoint_access_whitelist: ['127.0.0.0/8'],
        limits: { max_header_kb: 256 },
      });
      const receiver = await gateway.connect('/connect', { 'X-Forwarded-For': STRANGER });
      const port = await proxies.start(gateway.url(''));
      const statuses: number[] = [];
      for (const count of [0, 900, 990, 1000, 1022, 1050, 2000, 5000]) statuses.push(await send(port, count));
      expect(statuses).toEqual([403, 403, 403, 431, 431, 431, 431, 431]);
      receiver.destroy();
    }
  },
);

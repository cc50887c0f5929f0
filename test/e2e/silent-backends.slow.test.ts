import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { RawWebSocket } from '../support/raw-websocket.js';
import { StallingPeer } from '../support/stalling-peer.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { WsgProcess } from '../support/wsg-process.js';

const FLUSH_S = 1;
/**
 * 5 s for the sinks, 2 s for the mirror, and room for a busy machine. It is far below the bound at
 * which a stop is cut off.
 */
const STOP_MS = 14_000;
const NATS_INFO = 'INFO {"server_id":"a","version":"2.10.0","max_payload":1048576,"headers":true,"proto":1}\r\n';

/**
 * Starts backends that accept connections and finish no handshake; `says` are the first bytes of
 * the NATS one.
 */
async function startPeers(
  says: string,
): Promise<Record<'redis' | 'mirror' | 'amqp' | 'nats' | 'webhook', StallingPeer>> {
  const silent = () => StallingPeer.start({ says: '' });
  const [redis, mirror, amqp, nats, webhook] = await Promise.all([
    silent(),
    silent(),
    silent(),
    StallingPeer.start({ says }),
    silent(),
  ]);
  onTestFinished(async () => {
    await Promise.all([redis, mirror, amqp, nats, webhook].map((peer) => peer.stop()));
  });
  return { redis, mirror, amqp, nats, webhook };
}

it.each([
  ['nothing', ''],
  ['as much as a greeting', NATS_INFO],
  ['all but an answer about the stream', `${NATS_INFO}PONG\r\n`],
])(
  'SIGTERM ends a gateway in time and with 0 while its backends send %s, with one socket open to each',
  async (_, says) => {
    const peers = await startPeers(says);
    const at = ({ port }: StallingPeer): string => `127.0.0.1:${port}`;
    const folder = await temporaryFolder();
    const config = {
      listen_addr: '127.0.0.1:0',
      endpoints: [{ path: '/connect' }],
      stream_redis: { addr: `redis://${at(peers.redis)}/0?dial_timeout=1s` },
      connection_redis_sync: { addr: `redis://${at(peers.mirror)}/0?dial_timeout=1s` },
      stream_amqp: { addr: `amqp://${at(peers.amqp)}`, exchange: 'e', routing_key: 'k' },
      stream_nats: { addr: `nats://${at(peers.nats)}` },
      stream_webhook: { url: `http://${at(peers.webhook)}/`, timeout_s: 1 },
      drain: { flush_timeout_s: FLUSH_S },
    };
    // YAML is a superset of JSON.
    await writeFile(join(folder, 'config.yml'), JSON.stringify(config));
    const wsg = new WsgProcess(['serve', '--ready-fd', '3'], { cwd: folder });
    const { port } = await wsg.ready;
    const client = await RawWebSocket.open(port, '/connect');
    onTestFinished(() => client.destroy());
    // Each attempt ends after at most 5 s, and the next one follows.
    await expect
      .poll(() => Object.values(peers).map(({ accepted }) => accepted >= 3), { timeout: 60_000 })
      .toEqual([true, true, true, true, true]);
    await expect.poll(() => Math.max(...Object.values(peers).map(({ open }) => open))).toBeLessThanOrEqual(1);
    const begun = performance.now();
    wsg.kill('SIGTERM');
    const { code, signal } = await wsg.ended;
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(performance.now() - begun).toBeLessThan(STOP_MS);
  },
  120_000,
);

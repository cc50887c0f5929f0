import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { HAPROXY } from '../support/debian-packages.js';
import { BrokerProcess, freePort } from '../support/broker-process.js';
import { RawWebSocket } from '../support/raw-websocket.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { WsgProcess } from '../support/wsg-process.js';

const GUIDE = new URL('../../docs/guide/operating.md', import.meta.url);
/** HAProxy checks more often than in the guide; the pause is shorter by the same factor. */
const CHECK_INTERVAL = '300ms';
const PAUSE_S = 2;
const LONG_MS = 30_000;

describe.each(['uws', 'ws'])('a rolling restart behind HAProxy as the guide configures it, on %s', (transport) => {
  it('loses no handshake of a steady flow', { timeout: 120_000 }, async () => {
    const first = await startGateway(transport, await freePort());
    const second = await startGateway(transport, await freePort());
    const proxyPort = await startHaproxy([first.port, second.port]);
    const flow = new HandshakeFlow(proxyPort);
    await vi.waitFor(() => expect(flow.accepted).toBeGreaterThan(20), LONG_MS);

    await stop(first.gateway);
    const third = await startGateway(transport, first.port);
    await vi.waitFor(async () => expect(await connectionsMade(third.port)).toBeGreaterThan(0), LONG_MS);
    await stop(second.gateway);
    const before = flow.accepted;
    await vi.waitFor(() => expect(flow.accepted).toBeGreaterThan(before + 20), LONG_MS);

    await flow.stop();
    expect(flow.failures).toEqual([]);
  });
});

async function startGateway(transport: string, port: number) {
  const folder = await temporaryFolder();
  const config = join(folder, 'config.yml');
  const lines = [
    `listen_addr: 127.0.0.1:${port}`,
    `transport: ${transport}`,
    'endpoints: [{path: /connect}]',
    'prometheus: {enabled: true}',
    `drain: {pause_s: ${PAUSE_S}, close_spread_s: 0}`,
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const gateway = new WsgProcess(['serve', '--config', config, '--ready-fd', '3']);
  return { gateway, port: (await gateway.ready).port };
}

async function stop(gateway: WsgProcess): Promise<void> {
  gateway.kill('SIGTERM');
  expect((await gateway.ended).code).toBe(0);
}

async function connectionsMade(port: number): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^connections_counter (\d+)$/m.exec(metrics)?.[1]);
}

/** Starts HAProxy with the configuration of the guide and these gateways as its servers. */
async function startHaproxy(ports: readonly number[]): Promise<number> {
  const guide = await readFile(GUIDE, 'utf8');
  const block = /^```haproxy\n([^`]+)^```$/m.exec(guide)?.[1];
  if (block === undefined) throw new Error('the guide has no configuration of HAProxy');
  const port = await freePort();
  const check = `check inter ${CHECK_INTERVAL} fall 2`;
  const config = block
    .replace('bind :80', `bind 127.0.0.1:${port}`)
    // By default a check has to be answered within its interval, which a busy machine would miss.
    .replace('timeout server 30s', 'timeout server 30s\n  timeout check 20s')
    .replace(/^ *server one .* check inter 2s fall 2$/m, () =>
      ports.map((each) => `    server g${each} 127.0.0.1:${each} ${check}`).join('\n'),
    );
  expect(config).toContain(check);
  expect(config).toContain('timeout check');
  const file = join(await temporaryFolder(), 'haproxy.cfg');
  await writeFile(file, config);
  const haproxy = await BrokerProcess.start(() => ({
    ...HAPROXY,
    args: ['-db', '-f', file],
    isReady: async () => (await RawWebSocket.connect(port)).destroy(),
  }));
  onTestFinished(() => haproxy.dispose());
  return port;
}

/** Opens a connection every 10 ms until it is stopped, and keeps the failures. */
class HandshakeFlow {
  accepted = 0;
  readonly failures: string[] = [];
  readonly #port: number;
  readonly #open = new Set<Promise<void>>();
  readonly #timer = setInterval(() => this.#begin(), 10);

  constructor(port: number) {
    this.#port = port;
    onTestFinished(() => clearInterval(this.#timer));
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }

  #begin(): void {
    const handshake = this.#shakeHands().finally(() => this.#open.delete(handshake));
    this.#open.add(handshake);
  }

  async #shakeHands(): Promise<void> {
    try {
      const client = await RawWebSocket.open(this.#port, '/connect');
      this.accepted += 1;
      client.destroy();
    } catch (error) {
      this.failures.push(String(error));
    }
  }
}

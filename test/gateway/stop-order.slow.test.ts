import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { OPCODE, RawWebSocket } from '../support/raw-websocket.js';
import { Gateway } from '../../src/gateway/gateway.js';
import { testConfig } from '../support/running-gateway.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { temporaryFolder } from '../support/temporary-folder.js';

type Input = NonNullable<Parameters<typeof testConfig>[0]>;

/** With an internal listener of its own; its stop is the test's affair. */
async function start(input: Input) {
  const log = new RecordingLogger();
  const gateway = new Gateway(testConfig({ internal_listen_addr: '127.0.0.1:0', ...input }), { log });
  const { port } = await gateway.start();
  return { gateway, log, ports: [port, gateway.internalAddress?.port ?? 0] };
}

/** The parts that failed; the rest is checked here. */
async function stopBadly({ gateway, log, ports }: Awaited<ReturnType<typeof start>>): Promise<unknown[]> {
  await expect(gateway.stop()).rejects.toMatchObject({ code: 'gateway.stop-failed' });
  const failed = log.lines.filter(({ event }) => event === 'gateway.stop-failed');
  expect(log.events.at(-1)).toBe('gateway.stopped');
  for (const port of ports) {
    await expect(RawWebSocket.connect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  }
  return failed.map(({ fields }) => fields.part);
}

const LONG = { timeout: 30_000, interval: 20 };

it.each(['ws', 'uws'] as const)(
  'stops what comes behind a part that fails, logs the part and rejects, on %s',
  async (transport) => {
    const dir = await temporaryFolder();
    const started = await start({ transport, outbox: { dir } });
    const lock = join(dir, 'lock');
    rmSync(lock);
    mkdirSync(lock);
    expect(await stopBadly(started)).toEqual(['outbox']);
  },
);

it('stops the parts after one that hangs', { timeout: 60_000 }, async () => {
  const dir = await temporaryFolder();
  const outbox = { dir, durability: 'disk' as const, segment_bytes: 65_536 };
  const drain = { close_spread_s: 0, flush_timeout_s: 0.1 };
  const started = await start({ outbox, drain });
  const client = await RawWebSocket.open(started.ports[0] ?? 0, '/connect');
  onTestFinished(() => client.destroy());
  const next = join(dir, '00000002.log');
  spawnSync('mkfifo', [next]);
  // Nobody reads the pipe, so that opening it to write does not return.
  onTestFinished(() => closeSync(openSync(next, constants.O_RDONLY | constants.O_NONBLOCK)));
  for (let i = 0; i < 10; i += 1) client.send(OPCODE.binary, Buffer.alloc(10_000));
  client.send(OPCODE.ping, '');
  await client.frame();
  await vi.waitFor(() => expect(started.gateway.waitingEvents).toBeGreaterThan(0), LONG);
  expect(await stopBadly(started)).toEqual(['outbox']);
});

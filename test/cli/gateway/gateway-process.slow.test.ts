import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { GatewayProcess, type GatewayProcessOptions } from '../../../src/cli/gateway/gateway-process.js';
import type { Clock } from '../../../src/core/clock.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const READY = `require('node:fs').writeSync(3, '{"host":"127.0.0.1","port":4321}\\n');`;
const STAY = 'setInterval(() => {}, 1000);';

async function gatewayOf(script: string, options: Partial<GatewayProcessOptions> = {}) {
  const entry = join(await temporaryFolder(), 'entry.cjs');
  await writeFile(entry, script);
  const lines: string[] = [];
  const gateway = new GatewayProcess({ entry, args: ['devhelpers'], onLine: (line) => lines.push(line), ...options });
  onTestFinished(() => gateway.stop());
  return { gateway, lines };
}

/** Runs every bound out at once. */
const hastyClock: Clock = {
  now: () => 0,
  wallNow: () => 0,
  schedule: (task) => {
    const immediate = setImmediate(task);
    return () => clearImmediate(immediate);
  },
};

describe('GatewayProcess', () => {
  it('resolves to the address once the gateway is ready, and passes it a descriptor', async () => {
    const { gateway, lines } = await gatewayOf(`console.error(process.argv.slice(2).join(' ')); ${READY} ${STAY}`);
    expect(await gateway.start()).toEqual({ host: '127.0.0.1', port: 4321 });
    await gateway.stop();
    expect(lines).toEqual(['devhelpers --ready-fd 3']);
  });

  it('reports how it exited by itself, and nothing after a stop', async () => {
    const onDeath = vi.fn<(how: string) => void>();
    const mortal = await gatewayOf(`${READY} setTimeout(() => process.exit(7), 50);`, { onDeath });
    await mortal.gateway.start();
    await vi.waitFor(() => expect(onDeath).toHaveBeenCalledExactlyOnceWith('it exited with code 7'));
    const stopped = await gatewayOf(`${READY} ${STAY}`, { onDeath });
    await stopped.gateway.start();
    await stopped.gateway.stop();
    expect(onDeath).toHaveBeenCalledOnce();
  });

  it("passes on the gateway's log, to its last line", async () => {
    const { gateway, lines } = await gatewayOf(
      `process.on('SIGTERM', () => { console.error('draining'); console.log('gone'); process.exit(0); }); ${READY} ${STAY}`,
    );
    await gateway.start();
    await gateway.stop();
    await gateway.stop();
    expect(lines.toSorted()).toEqual(['draining', 'gone']);
  });

  it('reports why the gateway exited before it listened', async () => {
    const { gateway } = await gatewayOf(`console.error('Error: the port is taken'); process.exitCode = 15;`);
    await expect(gateway.start()).rejects.toMatchObject({
      code: 'gateway.start-failed',
      message: 'The gateway did not start: it exited with code 15.',
      problems: ['Error: the port is taken'],
    });
  });

  it('gives up on a silent one, and leaves no process behind', async () => {
    const { gateway } = await gatewayOf(`process.on('SIGTERM', () => {}); ${STAY}`, { clock: hastyClock });
    await expect(gateway.start()).rejects.toMatchObject({
      message: expect.stringContaining('it did not listen within 20 s'),
    });
  });

  it('kills one that ignores SIGTERM', async () => {
    const { gateway } = await gatewayOf(`process.on('SIGTERM', () => console.log('no')); ${READY} ${STAY}`, {
      clock: {
        ...hastyClock,
        schedule: (task, delayMs) => hastyClock.schedule(delayMs > 20_000 ? task : () => undefined, 0),
      },
    });
    await gateway.start();
    await expect(gateway.stop()).resolves.toBeUndefined();
  });

  it('may be stopped before it was started', async () => {
    const { gateway } = await gatewayOf('');
    await expect(gateway.stop()).resolves.toBeUndefined();
  });
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openPage } from '../../support/chromium.js';
import { RunningGateway } from '../../support/running-gateway.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Opens a page from a file in Chromium and tells whether its WebSocket opens. */
async function opensFromFile(gateway: RunningGateway): Promise<boolean> {
  const file = join(await temporaryFolder(), 'page.html');
  await writeFile(file, '<!doctype html><title>page</title>');
  const page = await openPage();
  await page.goto(pathToFileURL(file).href);
  return page.evaluate<boolean>(`new Promise((resolve) => {
    const socket = new WebSocket('ws://127.0.0.1:${gateway.port}/connect');
    socket.onopen = () => resolve(true);
    socket.onerror = () => resolve(false);
  })`);
}

describe.each(['uws', 'ws'] as const)('a page from a file, on %s', (transport) => {
  it.each([
    [['null'], true],
    [['file://', 'https://a.example'], false],
  ])('Chromium connects where allowed_origins is %j: %s', async (allowed, opens) => {
    const endpoints = [{ path: '/connect', allowed_origins: allowed }];
    const gateway = await RunningGateway.start({ transport, endpoints });
    expect(await opensFromFile(gateway)).toBe(opens);
  });
});

describe.each(['uws', 'ws'] as const)('an application that sends file://, on %s', (transport) => {
  it('connects where allowed_origins lists it, and a page without an origin does not', async () => {
    const endpoints = [{ path: '/connect', allowed_origins: ['file://'] }];
    const gateway = await RunningGateway.start({ transport, endpoints });
    expect((await gateway.upgradeAnswer('/connect', { Origin: 'file://' })).status).toBe(101);
    expect((await gateway.upgradeAnswer('/connect', { Origin: 'null' })).status).toBe(403);
  });
});

describe.each(['uws', 'ws'] as const)('an origin outside ASCII, on %s', (transport) => {
  it('matches its ASCII form, which browsers send', async () => {
    const endpoints = [{ path: '/connect', allowed_origins: ['https://bücher.example'] }];
    const gateway = await RunningGateway.start({
      transport,
      endpoints,
      internal_allowed_origins: ['https://*.bücher.example'],
    });
    const upgrade = await gateway.upgradeAnswer('/connect', { Origin: 'https://xn--bcher-kva.example' });
    expect(upgrade.status).toBe(101);
    const headers = { Origin: 'https://shop.xn--bcher-kva.example' };
    expect((await fetch(gateway.url('/status'), { headers })).status).toBe(200);
  });
});

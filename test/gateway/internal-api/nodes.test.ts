import { expect, it } from 'vitest';
import { packageVersion } from '../../../src/core/package-version.js';
import { RunningGateway } from '../../support/running-gateway.js';

it('a node on its own shows itself', async () => {
  const gateway = await RunningGateway.start({ node: { number: 175 } });
  await gateway.connect();
  const response = await fetch(gateway.url('/nodes'));
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.json()).toEqual({
    cluster: null,
    nodes: [
      {
        node: '00af',
        own: true,
        state: 'ready',
        suspect: false,
        connections: 1,
        workers: 1,
        address: null,
        last_heard_ms: 0,
        boot: expect.any(Number),
        version: packageVersion(),
      },
    ],
  });
});

it('the boot is the one of event ids', async () => {
  const gateway = await RunningGateway.start();
  await gateway.connect();
  const events = await fetch(gateway.url('/events?since=0'));
  const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('event: open')) text += (await reader?.read())?.value ?? '';
  await reader?.cancel();
  const { nodes } = JSON.parse(await gateway.get('/nodes'));
  const id = /^id: (\S+)\nevent: open/m.exec(text)?.[1] ?? '';
  expect(id.split('-')[1]).toBe(String(nodes[0].boot));
});

it('access rules hold, and parameters and other methods are refused', async () => {
  const gateway = await RunningGateway.start({ internal_api_keys: ['0123456789abcdef'] });
  const key = { 'X-Api-Key': '0123456789abcdef' };
  const statusOf = async (path: string, init: RequestInit) => (await fetch(gateway.url(path), init)).status;
  expect(await statusOf('/nodes', {})).toBe(401);
  expect(await statusOf('/nodes', { headers: key })).toBe(200);
  expect(await statusOf('/nodes?format=json', { headers: key })).toBe(400);
  expect(await statusOf('/nodes', { headers: key, method: 'POST' })).toBe(405);
});

import { expect, it } from 'vitest';
import { checkAuth } from '../../../src/gateway/check/check-auth.js';
import { HttpBackend } from '../../support/http-backend.js';
import { testConfig } from '../../support/running-gateway.js';

/** Long enough for a busy machine. Only silent peers take this long. */
const TIMEOUT_MS = 2_000;

function checkKeySet(url: string) {
  const endpoints = [{ path: '/ws', auth: { mode: 'jwt' as const, jwt: { jwks_url: url } } }];
  return checkAuth(testConfig({ endpoints }), TIMEOUT_MS);
}

function checkWebhook(url: string) {
  const endpoints = [{ path: '/ws', auth: { mode: 'webhook' as const, webhook: { url } } }];
  return checkAuth(testConfig({ endpoints }), TIMEOUT_MS);
}

it('a key set that can be fetched is ok', async () => {
  const backend = await HttpBackend.start();
  backend.answer({ keys: [] });
  expect(await checkKeySet(backend.url)).toMatchObject([{ name: 'auth /ws', level: 'ok' }]);
});

it('another answer, silence and a closed port are warnings, without credentials', async () => {
  const other = await HttpBackend.start();
  other.answer({ error: 'no' });
  const silent = await HttpBackend.start();
  silent.answering = () => undefined;
  for (const url of [other.url, silent.url, 'http://127.0.0.1:1/?token=marked']) {
    const [check] = await checkKeySet(url);
    expect(check?.level).toBe('warning');
    expect(check?.detail).not.toContain('marked');
  }
});

it('a webhook gets a connection without a request', async () => {
  const backend = await HttpBackend.start();
  expect(await checkWebhook(backend.url)).toMatchObject([{ name: 'auth /ws', level: 'ok' }]);
  expect(backend.requests).toEqual([]);
});

it('a webhook that is away is a warning', async () => {
  expect(await checkWebhook('http://127.0.0.1:1/decide')).toMatchObject([
    { level: 'warning', detail: expect.stringContaining('ECONNREFUSED') },
  ]);
});

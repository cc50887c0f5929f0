import { expect, it } from 'vitest';
import { ApiKeys } from '../../../src/gateway/access/api-keys.js';
import { RequestGuard } from '../../../src/gateway/access/request-guard.js';
import { IMPOSSIBLE_ADDRESS } from '../../../src/gateway/transport/http/remote-address.js';

const OPTIONS = {
  whitelist: ['127.0.0.1/8', '::1/128', '10.0.0.0/8'],
  allowedOrigins: ['https://ops.example'],
  hosts: ['Gateway.internal', '*.svc.local'],
  isOnlyProxy: (address: string) => address === '10.9.9.9',
};
const OPEN = new RequestGuard({ ...OPTIONS, keys: new ApiKeys([], undefined) });
const LOCKED = new RequestGuard({ ...OPTIONS, keys: new ApiKeys(['a-key-of-the-backend'], undefined) });

function refusal(remoteAddress: string, headers: Readonly<Record<string, string>>, guard = OPEN) {
  return guard.refusal({
    method: 'GET',
    path: '/status',
    query: '',
    headers: new Map(Object.entries(headers)),
    remoteAddress,
  });
}

it('accepts whitelisted peers only', () => {
  expect(refusal('10.1.1.1', {})).toBeUndefined();
  expect(refusal('::ffff:10.1.1.1', {})).toBeUndefined();
  expect(refusal('11.1.1.1', {})).toBe('peer');
});

it.each([
  [{ origin: 'https://evil.example' }, 'origin'],
  [{ origin: 'null' }, 'origin'],
  [{ 'sec-fetch-site': 'cross-site' }, 'origin'],
  [{ origin: 'https://ops.example', 'sec-fetch-site': 'cross-site' }, undefined],
  [{ 'sec-fetch-site': 'none' }, undefined],
  [{ 'sec-fetch-site': 'same-origin' }, undefined],
] as const)('a browser that sends %j is refused for: %s', (headers, expected) => {
  expect(refusal('127.0.0.1', headers)).toBe(expected);
});

it.each([
  ['127.0.0.1', undefined],
  ['127.0.0.1:5000', undefined],
  ['[::1]:5000', undefined],
  ['localhost:5000', undefined],
  ['LOCALHOST', undefined],
  ['gateway.internal:80', undefined],
  ['a.b.svc.local', undefined],
  ['localhost.', undefined],
  ['gateway.internal.:80', undefined],
  ['a.svc.local.', undefined],
  ['127.0.0.1.', undefined],
  ['localhost..', 'host'],
  ['.', 'host'],
  ['svc.local', 'host'],
  ['svc.local.', 'host'],
  ['.svc.local', 'host'],
  ['a..svc.local', 'host'],
  ['rebound.example, a.svc.local', 'host'],
  ['rebound.example/.svc.local', 'host'],
  ['rebound.example:80@a.svc.local', 'host'],
  ['evilsvc.local', 'host'],
  ['', 'host'],
  ['localhost, rebound.example', 'host'],
  ['rebound.example:5000', 'host'],
  ['localhost.example', 'host'],
  ['127.0.0.1.example', 'host'],
])('refuses the name %s for %s, from any peer', (host, expected) => {
  expect(refusal('127.0.0.1', { host })).toBe(expected);
  expect(refusal('::1', { host })).toBe(expected);
  expect(refusal('10.1.1.1', { host })).toBe(expected);
});

it('accepts any host name where the list allows it', () => {
  const guard = new RequestGuard({ ...OPTIONS, hosts: ['*'], keys: new ApiKeys([], undefined) });
  expect(refusal('10.1.1.1', { host: 'rebound.example' }, guard)).toBeUndefined();
});

it('refuses an unknown client whatever the whitelist contains', () => {
  const guard = new RequestGuard({ ...OPTIONS, whitelist: ['0.0.0.0/0', '::/0'], keys: new ApiKeys([], undefined) });
  expect(refusal('', {}, guard)).toBe('unknown-client');
  expect(refusal(IMPOSSIBLE_ADDRESS, {}, guard)).toBe('unknown-client');
  expect(refusal('10.9.9.9', {}, guard)).toBe('unknown-client');
});

it('accepts a key from whitelisted peers only', () => {
  const key = { authorization: 'Bearer a-key-of-the-backend' };
  expect(refusal('10.1.1.1', key, LOCKED)).toBeUndefined();
  expect(refusal('10.1.1.1', {}, LOCKED)).toBe('key');
  expect(refusal('11.1.1.1', key, LOCKED)).toBe('peer');
  expect(refusal('10.1.1.1', { ...key, origin: 'https://evil.example' }, LOCKED)).toBe('origin');
});

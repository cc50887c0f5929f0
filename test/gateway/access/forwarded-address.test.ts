import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ForwardedAddress } from '../../../src/gateway/access/forwarded-address.js';
import { LimitedLog } from '../../../src/core/limited-log.js';
import { Whitelist } from '../../../src/gateway/access/whitelist.js';
import { IMPOSSIBLE_ADDRESS } from '../../../src/gateway/transport/http/remote-address.js';
import { ManualClock } from '../../support/manual-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';

const TRUSTED = ['10.0.0.0/8', '::1/128', '127.0.0.0/8'];
const LOCAL = [
  '127.0.0.1',
  '127.255.255.254',
  '::1',
  '0:0:0:0:0:0:0:1',
  '::ffff:127.0.0.1',
  '::FFFF:7f00:1',
  '::127.0.0.1',
  '127.0.0.1:4711',
  '[::1]:4711',
  '[::1]',
  '127.0.0.1%lo',
  '0.0.0.0',
  '0.1.2.3',
  '::',
  '[::ffff:0.0.0.0]:1',
  '169.254.169.254',
  '::ffff:169.254.1.1',
  'fe80::1',
  'fe80::1%eth0',
  '[fe80::1%25eth0]:80',
  'febf::1',
];
const OWN = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));

function proxies(asClients: readonly string[] = []) {
  const logger = new RecordingLogger();
  const clock = new ManualClock();
  const options = { trustedProxies: TRUSTED, asClients, clock };
  return { forwarded: new ForwardedAddress({ ...options, log: new LimitedLog(logger, clock) }), logger };
}

const { clientOf, isProxy } = proxies().forwarded;

const forwarded = (peer: string, ...lines: readonly [name: string, value: string][]) => clientOf(peer, new Map(lines));

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7, 10.1.1.1', '203.0.113.7'],
  ['127.0.0.1, 203.0.113.7', '203.0.113.7'],
  ['10.2.2.2, 10.1.1.1', '10.2.2.2'],
  ['203.0.113.7:4711', '203.0.113.7'],
  ['[2001:db8::7]:4711', '2001:db8::7'],
  ['2001:DB8::7', '2001:db8::7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::ffff:cb00:7107', '203.0.113.7'],
  ['  203.0.113.7  ', '203.0.113.7'],
])('of a trusted proxy %j means the client %s', (value, client) => {
  expect(forwarded('10.1.1.1', ['x-forwarded-for', value])).toBe(client);
});

it.each([
  '',
  'unknown',
  '127.0.0.1, _hidden',
  '10.0.0.1, ',
  '127.0.0.1; x',
  '127.0.0.01',
  '1.2.3',
  '[127.0.0.1',
  '127.0.0.1, a@b',
])('of a trusted proxy %j means a client that nobody knows', (value) => {
  expect(forwarded('10.1.1.1', ['x-forwarded-for', value])).toBe('');
});

it('ignores headers of peers that are not trusted', () => {
  expect(forwarded('203.0.113.7', ['x-forwarded-for', '127.0.0.1'])).toBe('203.0.113.7');
  expect(isProxy('203.0.113.7')).toBe(false);
});

it('treats the client as unknown when a proxy does not name it', () => {
  expect(forwarded('10.1.1.1')).toBe('');
  expect(forwarded('127.0.0.1')).toBe('');
  expect(forwarded('10.1.1.1', ['forwarded', 'for=127.0.0.1'])).toBe('');
  expect(forwarded('10.1.1.1', ['x-forwarded-for', '203.0.113.7'], ['forwarded', 'for=127.0.0.1'])).toBe('203.0.113.7');
});

it('counts a configured proxy as itself without a header, and no other', () => {
  const { clientOf: clientOfBoth, isOnlyProxy } = proxies(['10.1.1.1/32']).forwarded;
  expect(clientOfBoth('10.1.1.1', new Map())).toBe('10.1.1.1');
  expect(clientOfBoth('10.1.1.2', new Map())).toBe('');
  expect(clientOfBoth('10.1.1.1', new Map([['forwarded', 'for=127.0.0.1']]))).toBe('');
  expect(clientOfBoth('10.1.1.1', new Map([['x-forwarded-for', '203.0.113.7']]))).toBe('203.0.113.7');
  expect([isOnlyProxy('10.1.1.1'), isOnlyProxy('10.1.1.2'), isOnlyProxy('203.0.113.7')]).toEqual([false, true, false]);
});

it.each([...LOCAL, ...OWN])('rejects a proxy on another machine that names %s', (named) => {
  const { forwarded: subject, logger } = proxies(['0.0.0.0/0', '::/0']);
  const headers = new Map([['x-forwarded-for', `9.9.9.9, ${named}`]]);
  expect(subject.clientOf('10.1.1.1', headers)).toBe(IMPOSSIBLE_ADDRESS);
  expect(subject.clientOf('127.0.0.1', new Map([['x-forwarded-for', `${named}, 10.1.1.1`]]))).toBe(IMPOSSIBLE_ADDRESS);
  expect(logger.lines).toMatchObject([{ event: 'forwarded-address.refused', fields: { proxy: '10.1.1.1' } }]);
});

it.each([...LOCAL, ...OWN])('treats the client as unknown when a proxy on this machine names %s', (named) => {
  expect(clientOf('127.0.0.1', new Map([['x-forwarded-for', named]]))).toBe('');
});

it('rejects such addresses in a PROXY header too, and follows a chain of proxies on this machine', () => {
  expect(clientOf('127.0.0.1', new Map(), '10.1.1.1')).toBe(IMPOSSIBLE_ADDRESS);
  expect(clientOf('fe80::1', new Map(), '10.1.1.1')).toBe(IMPOSSIBLE_ADDRESS);
  expect(clientOf('127.0.0.1', new Map(), '127.0.0.1')).toBe('');
  expect(clientOf('203.0.113.7', new Map([['x-forwarded-for', '10.3.3.3']]), '127.0.0.1')).toBe('203.0.113.7');
  const chain = new Map([['x-forwarded-for', '203.0.113.7, 127.0.0.1']]);
  expect(clientOf('127.0.0.1', chain)).toBe('203.0.113.7');
  expect(clientOf('127.0.0.1', chain, '127.0.0.1')).toBe('203.0.113.7');
  expect(clientOf('10.1.1.1', chain)).toBe(IMPOSSIBLE_ADDRESS);
});

it("ignores what a client writes to the left of its proxy's entry", () => {
  const property = fc.property(fc.string({ maxLength: 200 }), (spoofed) => {
    const value = `${spoofed}, 203.0.113.7`;
    return forwarded('10.1.1.1', ['x-forwarded-for', value]) === '203.0.113.7';
  });
  expect(fc.check(property).failed).toBe(false);
});

it('never turns an untrusted header into a whitelisted address', () => {
  const whitelist = new Whitelist(TRUSTED);
  const property = fc.property(fc.ipV4(), fc.string(), (peer, value) => {
    const client = forwarded(peer, ['x-forwarded-for', value], ['forwarded', value]);
    return whitelist.allows(peer) || !whitelist.allows(client);
  });
  expect(fc.check(property, { numRuns: 500 }).failed).toBe(false);
});

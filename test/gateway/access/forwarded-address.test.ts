import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ForwardedAddress } from '../../../src/gateway/access/forwarded-address.js';
import { Whitelist } from '../../../src/gateway/access/whitelist.js';

const TRUSTED = ['10.0.0.0/8', '::1/128', '127.0.0.0/8'];
const { clientOf, isProxy } = new ForwardedAddress(TRUSTED);

const forwarded = (peer: string, ...lines: readonly [name: string, value: string][]) => clientOf(peer, new Map(lines));

test.each([
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

test.each([
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

test('of anybody else nothing is believed', () => {
  expect(forwarded('203.0.113.7', ['x-forwarded-for', '127.0.0.1'])).toBe('203.0.113.7');
  expect(isProxy('203.0.113.7')).toBe(false);
});

test('a proxy that asks for itself is itself; what only Forwarded explains is unknown', () => {
  expect(forwarded('10.1.1.1')).toBe('10.1.1.1');
  expect(forwarded('10.1.1.1', ['forwarded', 'for=127.0.0.1'])).toBe('');
  expect(forwarded('10.1.1.1', ['x-forwarded-for', '203.0.113.7'], ['forwarded', 'for=127.0.0.1'])).toBe('203.0.113.7');
});

test('whatever a client writes to the left of what its proxy has added changes nothing', () => {
  const property = fc.property(fc.string({ maxLength: 200 }), (spoofed) => {
    const value = `${spoofed}, 203.0.113.7`;
    return forwarded('10.1.1.1', ['x-forwarded-for', value]) === '203.0.113.7';
  });
  expect(fc.check(property).failed).toBe(false);
});

test('a header of a stranger never makes a whitelisted address', () => {
  const whitelist = new Whitelist(TRUSTED);
  const property = fc.property(fc.ipV4(), fc.string(), (peer, value) => {
    const client = forwarded(peer, ['x-forwarded-for', value], ['forwarded', value]);
    return whitelist.allows(peer) || !whitelist.allows(client);
  });
  expect(fc.check(property, { numRuns: 500 }).failed).toBe(false);
});

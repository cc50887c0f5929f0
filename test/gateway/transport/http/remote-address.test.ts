import { expect, it } from 'vitest';
import { addressFromBytes, joinAddress, plainAddress } from '../../../../src/gateway/transport/http/remote-address.js';

it.each([
  [[192, 0, 2, 7], '192.0.2.7'],
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7], '192.0.2.7'],
  [[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], '2001:db8::1'],
  [Array<number>(16).fill(0), '::'],
  [[], ''],
])('reads %j as %s', (bytes, text) => {
  expect(addressFromBytes(Uint8Array.from(bytes))).toBe(text);
});

it('puts IPv6 in brackets and shows IPv4-mapped addresses as IPv4', () => {
  expect(joinAddress('2001:db8::1', 80)).toBe('[2001:db8::1]:80');
  expect(joinAddress(plainAddress('::ffff:192.0.2.7'), 80)).toBe('192.0.2.7:80');
  expect(plainAddress(undefined)).toBe('');
});

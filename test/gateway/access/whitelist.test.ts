import { expect, it } from 'vitest';
import { parseCidr } from '../../../src/gateway/access/origin-list.js';
import { Whitelist } from '../../../src/gateway/access/whitelist.js';

it.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::ffff:127.0.0.1', true],
  ['::1', true],
  ['10.1.255.255', true],
  ['::ffff:10.1.2.3', true],
  ['fd00::1', true],
  ['fe80::1%eth0', true],
  ['128.0.0.1', false],
  ['10.2.0.0', false],
  ['::ffff:128.0.0.1', false],
  ['::2', false],
  ['fe00::1', false],
  ['', false],
  ['localhost', false],
])('%s is in the whitelist: %s', (address, expected) => {
  const whitelist = new Whitelist(['127.0.0.1/8', '::1/128', '10.1.0.0/16', 'fd00::/8', 'fe80::/10']);
  expect(whitelist.allows(address)).toBe(expected);
});

it('matches nothing with an empty whitelist', () => {
  expect(new Whitelist([]).allows('127.0.0.1')).toBe(false);
});

it.each(['10.0.0.0', '10.0.0.0/33', '10.0.0/8', '::/129', 'x/8', '10.0.0.0/-1', '10.0.0.0/8 ', ''])(
  '%j is not a CIDR',
  (text) => {
    expect(parseCidr(text)).toBeUndefined();
  },
);

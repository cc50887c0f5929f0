import { describe, expect, it } from 'vitest';
import { formatListenAddress, parseListenAddress } from '../../src/core/listen-address.js';

describe('parseListenAddress', () => {
  it.each([
    ['127.0.0.1:5000', { host: '127.0.0.1', port: 5000 }],
    [':8080', { host: '0.0.0.0', port: 8080 }],
    ['[::1]:0', { host: '::1', port: 0 }],
    ['localhost:65535', { host: 'localhost', port: 65_535 }],
  ])('reads %s', (text, expected) => {
    expect(parseListenAddress(text)).toEqual(expected);
  });

  it.each(['', '5000', 'localhost', 'localhost:', 'localhost:65536', '::1:80', 'a:b', 'host:-1'])(
    'refuses %j',
    (text) => {
      expect(parseListenAddress(text)).toBeUndefined();
    },
  );

  it('is undone by formatListenAddress', () => {
    for (const text of ['127.0.0.1:5000', '[::1]:80']) {
      const address = parseListenAddress(text);
      expect(address === undefined ? '' : formatListenAddress(address)).toBe(text);
    }
  });
});

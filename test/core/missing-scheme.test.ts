import { describe, expect, it } from 'vitest';
import { schemeHint, withScheme } from '../../src/core/missing-scheme.js';

describe('an address without a scheme', () => {
  it.each([
    ['localhost', 'ws://localhost'],
    ['localhost:5000', 'ws://localhost:5000'],
    ['localhost:5000/connect', 'ws://localhost:5000/connect'],
    ['localhost?a=b', 'ws://localhost?a=b'],
    ['127.0.0.1:5000', 'ws://127.0.0.1:5000'],
    ['[::1]:5000/x', 'ws://[::1]:5000/x'],
    ['//localhost:5000/x', 'ws://localhost:5000/x'],
    ['gateway-1.example:443/a', 'wss://gateway-1.example:443/a'],
    ['user:secret@host:5000/a', 'ws://user:secret@host:5000/a'],
  ])('gets one: %s', (given, taken) => {
    expect(withScheme(given, ['ws', 'wss'])).toBe(taken);
  });

  it.each(['ws://a', 'wss://a:443', 'http://a', 'mailto:x', 'ws:/a', ':5000', '', '/connect', 'a b', '[::1', '?x'])(
    'is unchanged when it has a scheme, or is not an address: %s',
    (given) => {
      expect(withScheme(given, ['ws', 'wss'])).toBe(given);
    },
  );

  it('is told of, without a password', () => {
    expect(schemeHint('a', 'ws://a')).toBe("'a' has no scheme and is taken as ws://a");
    expect(schemeHint('u:secret@a', 'ws://u:secret@a')).not.toMatch(/secret/);
    expect(schemeHint('ws://a', 'ws://a')).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { sharedPort } from '../../../src/gateway/transport/http/shared-port.js';

describe('sharedPort', () => {
  it.each([
    ['20.20.2', 'linux', false],
    ['22.9.0', 'linux', false],
    ['23.0.0', 'linux', false],
    ['23.1.0', 'linux', true],
    ['24.21.0', 'linux', true],
    ['24.21.0', 'darwin', false],
    ['24.21.0', 'win32', false],
  ] as const)('on Node %s and %s listens on a socket of its own: %s', (version, platform, isOwn) => {
    const options = isOwn ? { exclusive: true, reusePort: true } : { exclusive: false };
    expect(sharedPort(version, platform)).toEqual(options);
  });
});

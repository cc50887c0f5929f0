import { describe, expect, it } from 'vitest';
import { helperPlugin } from '../../../src/cli/gateway/gateway-session.js';

describe('helperPlugin', () => {
  it('passes the pause in milliseconds', () => {
    expect(helperPlugin('0.1ms', undefined)).toEqual({ module: 'devhelpers', options: { pauseMs: 0.1 } });
    expect(helperPlugin('0', 256)).toEqual({ module: 'devhelpers', options: { pauseMs: 0, roundsPerFlush: 256 } });
  });

  it.each(['soon', '-1ms', ''])('refuses %j', (pause) => {
    expect(() => helperPlugin(pause, undefined)).toThrow(
      `--pause must be a duration such as 0.1ms, 5ms or 0 (got '${pause}')`,
    );
  });
});

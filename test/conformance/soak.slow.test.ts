import { describe, expect, it } from 'vitest';
import { runHarness } from '../support/harness-process.js';

const TIMEOUT_MS = 60_000;
const SHORT = ['--minutes', '0.05', '--clients', '20', '--broker', 'memory'];

describe('a short soak', () => {
  for (const transport of ['uws', 'ws']) {
    it(
      `loses nothing on ${transport}`,
      async () => {
        const { code, output } = await runHarness('soak', [...SHORT, '--transport', transport]);
        expect(output).toContain('Nothing was lost.');
        expect(code, output).toBe(0);
      },
      TIMEOUT_MS,
    );
  }

  it(
    'notices one event that is missing',
    async () => {
      const { code, output } = await runHarness('soak', [...SHORT, '--plant', 'loss']);
      expect(output).toMatch(/FAILED: event \d+ is missing/);
      expect(code).toBe(1);
    },
    TIMEOUT_MS,
  );
});

import { describe, expect, it } from 'vitest';
import { runHarness } from '../support/harness-process.js';

const TIMEOUT_MS = 120_000;

describe('a gateway under a thousand mutated inputs', () => {
  for (const transport of ['uws', 'ws']) {
    it(
      `goes on as if nothing had been, on ${transport}`,
      async () => {
        const { code, output } = await runHarness('fuzz', [
          '--inputs',
          '1000',
          '--seed',
          '1',
          '--transport',
          transport,
        ]);
        expect(output).toContain(`## ${transport}: well`);
        expect(code, output).toBe(0);
      },
      TIMEOUT_MS,
    );
  }
});

describe('the judgement on a fuzzed gateway', () => {
  const planted = {
    witness: 'the witness was closed with 1006',
    leak: '1 connections have no close event',
    crash: 'the gateway died (SIGKILL)',
    'double-close': 'which was never opened',
    'lost-close': '1 connections have no close event, such as planted',
  };
  for (const [plant, fault] of Object.entries(planted)) {
    it(
      `finds a planted fault: ${plant}`,
      async () => {
        const args = ['--inputs', '100', '--seed', '1', '--transport', 'uws', '--settle-ms', '1000', '--plant', plant];
        const { code, output } = await runHarness('fuzz', args);
        expect(output).toContain(fault);
        expect(code).toBe(1);
      },
      TIMEOUT_MS,
    );
  }
});

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startRedis } from '../support/redis-broker.js';

const HARNESS = resolve(import.meta.dirname, '../../conformance/chaos/run.mjs');
const BOUND_MS = 120_000;

const results = z.array(
  z.object({ counts: z.record(z.string(), z.number()), violations: z.array(z.string()), seed: z.number() }),
);

/** One short run of the harness, as `npm run conformance -- chaos` makes them. */
async function chaos(...args: readonly string[]) {
  if (!existsSync('/usr/bin/redis-server')) await startRedis().then(({ process: broker }) => broker.dispose());
  const { status, stdout, stderr } = await new Promise<{ status: unknown; stdout: string; stderr: string }>((done) => {
    const all = [HARNESS, '--json', '--clients', '20', ...args];
    execFile(process.execPath, all, (error, out, err) => done({ status: error?.code ?? 0, stdout: out, stderr: err }));
  });
  if (stdout === '') throw new Error(stderr);
  const [result] = results.parse(JSON.parse(stdout));
  if (result === undefined) throw new Error('there is no result');
  return { status, ...result };
}

describe('what clients wrote is with the broker, in order, though', () => {
  it.each([
    ['the broker is killed', ['--durability', 'memory', '--kill', 'broker']],
    ['broker and gateway are killed, on disk', ['--durability', 'disk', '--fsync', 'always', '--kill', 'both']],
    [
      'the gateway is killed, on disk, with uWebSockets.js',
      ['--durability', 'disk', '--kill', 'gateway', '--transport', 'uws'],
    ],
  ])('%s', { timeout: BOUND_MS }, async (_, args) => {
    const { status, counts, violations } = await chaos('--seconds', '6', '--seed', '7', ...args);
    expect({ status, violations }).toEqual({ status: 0, violations: [] });
    expect(counts['messages delivered']).toBeGreaterThan(0);
    expect((counts['broker kills'] ?? 0) + (counts['gateway kills'] ?? 0)).toBeGreaterThan(0);
  });
});

describe('a gateway with workers', () => {
  const WORKERS = ['--workers', '3', '--seconds', '6', '--seed', '5'];

  it(
    'loses nothing of other workers when one is killed, and closes each connection once',
    { timeout: BOUND_MS },
    async () => {
      const { status, counts, violations } = await chaos(...WORKERS);
      expect({ status, violations }).toEqual({ status: 0, violations: [] });
      expect(counts['worker kills']).toBeGreaterThan(0);
      expect(counts['connections cut']).toBeGreaterThan(0);
    },
  );

  it.each([
    ['close-twice', 'more than one close'],
    ['close-early', 'something after the close'],
  ])('is caught with the bug %s', { timeout: BOUND_MS }, async (plant, rule) => {
    const { status, violations } = await chaos(...WORKERS, '--plant', plant);
    expect(status).toBe(1);
    expect(violations.join('\n')).toContain(rule);
  });
});

describe('the harness catches a gateway that', () => {
  it.each([
    ['drop-one', 'a gap in the ids'],
    ['reorder-two', 'out of order or a hole'],
    ['acknowledge-early', 'out of order or a hole'],
  ])('%s', { timeout: BOUND_MS }, async (plant, rule) => {
    const args = ['--seconds', '6', '--seed', '3', '--durability', 'disk', '--kill', 'broker', '--plant', plant];
    const { status, violations } = await chaos(...args);
    expect(status).toBe(1);
    expect(violations.join('\n')).toContain(rule);
  });
});

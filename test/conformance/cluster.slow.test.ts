import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startNats } from '../support/nats-broker.js';
import { startRedis } from '../support/redis-broker.js';

const HARNESS = resolve(import.meta.dirname, '../../conformance/cluster/run.mjs');
const BOUND_MS = 240_000;
const SHORT = ['--seconds', '4', '--seed', '7', '--clients', '18', '--rate', '45'];

const results = z.array(
  z.object({ counts: z.record(z.string(), z.number()), violations: z.array(z.string()), seed: z.number() }),
);

/** One short run of the harness, as `npm run conformance -- cluster` makes them. */
async function cluster(...args: readonly string[]) {
  if (!existsSync('/usr/bin/redis-server')) await startRedis().then(({ process: broker }) => broker.dispose());
  if (!existsSync('/usr/sbin/nats-server')) await startNats().then(({ process: broker }) => broker.dispose());
  const { status, stdout, stderr } = await new Promise<{ status: unknown; stdout: string; stderr: string }>((done) => {
    const all = [HARNESS, '--json', ...SHORT, ...args];
    execFile(process.execPath, all, (error, out, err) => done({ status: error?.code ?? 0, stdout: out, stderr: err }));
  });
  if (stdout === '') throw new Error(stderr);
  const [result] = results.parse(JSON.parse(stdout));
  if (result === undefined) throw new Error('there is no result');
  return { status, ...result };
}

describe('three nodes answer exactly, or name the silent ones, in order and in time, though', () => {
  it.each([
    ['nats', 'cut-2'],
    ['redis', 'freeze'],
  ])('on %s there is a %s', { timeout: BOUND_MS }, async (engine, fault) => {
    const { status, counts, violations } = await cluster('--engine', engine, '--faults', fault);
    expect({ status, violations }).toEqual({ status: 0, violations: [] });
    expect(counts['complete answers']).toBeGreaterThan(0);
    expect(counts['incomplete answers']).toBeGreaterThan(0);
  });
});

describe('the harness catches a node that', () => {
  it.each([
    ['count-too-high', 'a count too high'],
    ['repeat-twice', 'a message delivered twice'],
    ['swap-two', 'an answered call after a later one'],
    ['close-early', 'something after the close'],
    ['close-twice', 'more than one close'],
    ['answer-late', 'an answer after the deadline'],
  ])('has the bug %s', { timeout: BOUND_MS }, async (plant, rule) => {
    const { status, violations } = await cluster('--engine', 'redis', '--faults', 'none', '--plant', plant);
    expect(status).toBe(1);
    expect(violations.join('\n')).toContain(rule);
  });
});

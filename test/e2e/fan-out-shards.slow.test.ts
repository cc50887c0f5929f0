import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Run } from '../../src/run-file/records.js';
import { readRun } from '../../src/run-file/index.js';
import { compareWithGateway } from '../../src/summary/sections/gateway-section.js';
import { SupervisedGateway } from '../support/supervised-gateway.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg } from '../support/wsg-process.js';

const SHARDS = [1, 2, 3];
const VUS = 12;

function counterOf({ end }: Run, name: string): number {
  return end.totals.counters[name] ?? 0;
}

function countOf({ end }: Run, name: string): number {
  return end.totals.trends[name]?.histograms.response?.count ?? 0;
}

it(
  'fan-out in three processes: all messages are published once and measured by their shard',
  { timeout: 120_000 },
  async () => {
    const gateway = await SupervisedGateway.start({ workers: 2, config: { prometheus: { enabled: true } } });
    const cwd = await temporaryFolder();
    const url = `127.0.0.1:${gateway.port}`;
    const target = ['--url', `ws://${url}/connect`, '--gateway', `http://${url}`];
    const shape = ['--vus', String(VUS), '--rate', '30', '--duration', '5s', '--graceful-stop', '10s'];
    const args = [
      'loadtest',
      '--scenario',
      'fan-out',
      ...target,
      ...shape,
      '--allow-saturated',
      '--no-preflight',
      '-q',
    ];
    const loads = SHARDS.map((shard) =>
      runWsg([...args, '--shard', `${shard}/${SHARDS.length}`, '--run', `shards/${shard}.run`], { cwd }),
    );
    for (const { code, stderr } of await Promise.all(loads)) expect(code, stderr).toBe(0);
    const merging = ['report', 'merge', 'shards/', '--output', 'merged.run', '--allow-saturated'];
    const { code, stdout, stderr } = await runWsg(merging, { cwd });
    expect(code, stderr).toBe(0);
    expect(stdout).not.toContain('DISAGREE');

    for (const shard of SHARDS) {
      const run = await readRun(join(cwd, 'shards', `${shard}.run`));
      expect(compareWithGateway(run)).toBeUndefined();
      const published = counterOf(run, 'ws_published');
      expect(published).toBeGreaterThan(20);
      expect(published).toBeLessThanOrEqual(50);
      expect(countOf(run, 'ws_delivery_last')).toBe(published);
      expect(countOf(run, 'ws_delivery')).toBe((published * VUS) / SHARDS.length);
      expect(counterOf(run, 'ws_msgs_elsewhere')).toBe(
        counterOf(run, 'ws_msgs_received') - countOf(run, 'ws_delivery'),
      );
    }

    const merged = await readRun(join(cwd, 'merged.run'));
    const published = counterOf(merged, 'ws_published');
    expect(published).toBeGreaterThan(60);
    expect(published).toBeLessThanOrEqual(150);
    expect(countOf(merged, 'ws_delivery_last')).toBe(published);
    for (const odd of ['ws_msgs_lost', 'ws_msgs_duplicate', 'ws_msgs_late', 'ws_publish_failed']) {
      expect(counterOf(merged, odd), odd).toBe(0);
    }
    const balance = compareWithGateway(merged);
    expect(balance).toMatchObject({ dropped: 0, toClients: { difference: 0 } });
    expect(balance?.sent).toBe(counterOf(merged, 'ws_msgs_received'));
  },
);

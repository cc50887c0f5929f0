import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readGates } from '../../../../src/report/compare/gates/read-gates.js';
import { loadRun } from '../../../../src/report/compare/seconds/loaded-run.js';
import { writeEchoRun } from '../../../support/synthetic-run-file.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const GATES = readGates(['ws_rtt p(50) < +10%', 'ws_rtt p(99) < +10%'], 'flag');
const quantile = (share: number): number => (10 * -Math.log(1 - share)) / Math.LN2;

describe('loadRun', () => {
  it.each([
    ['as slow as the rest', 1],
    ['ten times as slow', 10],
    ['a tenth as slow', 0.1],
  ])('gives the quantiles of what comes after a warm-up that was %s', async (_, factor) => {
    const path = join(await temporaryFolder(), 'a.run');
    await writeEchoRun(path, (second) => (second < 12 ? 10 * factor : 10), { warmupMs: 12_000 });
    const { counts, from, to } = await loadRun(path, { gates: GATES, warmupMs: undefined });
    expect([from, to]).toEqual([12, 30]);
    for (const share of [0.5, 0.99]) {
      const whole = counts.get('ws_rtt')?.around(share, from, to).whole ?? 0;
      expect(Math.abs(whole / quantile(share) - 1), String(share)).toBeLessThan(0.02);
    }
  });

  it('keeps of each second what the gates look at', async () => {
    const path = join(await temporaryFolder(), 'a.run');
    await writeEchoRun(path, 10);
    const { seconds, counts } = await loadRun(path, {
      gates: readGates(['ws_msgs_received rate > -10%'], 'flag'),
      warmupMs: undefined,
    });
    expect(counts.size).toBe(0);
    expect(seconds.length).toBe(30);
    expect(seconds.counter('ws_msgs_received', { from: 3, to: 5 })).toEqual([400, 400]);
    expect(seconds.trend('ws_rtt', { from: 3, to: 5 })).toBeUndefined();
  });
});

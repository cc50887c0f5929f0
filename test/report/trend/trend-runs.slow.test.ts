import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readGates } from '../../../src/report/index.js';
import { renderTrend } from '../../../src/report/render/trend-text.js';
import { trendOfRuns } from '../../../src/report/trend/trend-runs.js';
import { textWidth } from '../../../src/summary/index.js';
import { writeEchoRun } from '../../support/synthetic-run-file.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PLAIN = { gates: [], leastChange: 0.03, allowed: [] } as const;
const MEDIANS = [10, 10.2, 9.9, 10.1, 10, 9.8, 10.1, 12.1, 12, 11.9, 12.2, 12, 12.1, 11.8];

/** Written in another order than they started. */
async function writeSeries(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const [index, median] of MEDIANS.entries()) {
    const path = join(folder, `${String((index * 5) % MEDIANS.length).padStart(2, '0')}.run`);
    const startedAt = new Date(Date.UTC(2026, 0, 1 + index)).toISOString();
    await writeEchoRun(path, median, { startedAt, version: `1.${index}.0` });
    paths.push(path);
  }
  return paths.toSorted();
}

let folder: string;
let paths: string[];

beforeEach(async () => {
  folder = await temporaryFolder();
  paths = await writeSeries(folder);
});

describe('a trend', () => {
  it('names the first run after the step, by the order in which they started', async () => {
    const trend = await trendOfRuns(paths, PLAIN);
    expect(trend.warnings).toEqual([]);
    const p50 = trend.figures.find(({ figure }) => figure === 'ws_rtt p(50)');
    expect(p50?.steps).toHaveLength(1);
    expect(p50?.steps[0]).toMatchObject({ index: 7, isWorse: true, run: { version: '1.7.0' } });
    expect(p50?.steps[0]?.change).toBeCloseTo(0.2, 1);
    const text = renderTrend(trend, { colour: false, columns: 200 });
    expect(text).toMatch(/14 runs, 2026-01-01T00:00:00\.000Z to 2026-01-14/);
    expect(text).toMatch(/ws_rtt p\(50\) .*[▁▂▃]{7}\|[▆▇█]{7} .*ms/);
    expect(text).toMatch(/\+\d\d\.\d%, worse, since .*\.run \(2026-01-08T.*, wsg 1\.7\.0\): .*ms to .*ms, p 0\.00\d/);
  });

  it('leaves out and names what is of another kind than the newest, unless that is allowed', async () => {
    const other = join(folder, 'other.run');
    await writeEchoRun(other, 10, { startedAt: '2026-01-02T12:00:00.000Z', vus: 999 });
    const { runs, leftOut } = await trendOfRuns([...paths, other], PLAIN);
    expect(runs).toHaveLength(14);
    expect(leftOut).toEqual([{ path: other, reason: 'it differs from the newest run in vus' }]);
    const allowed = await trendOfRuns([...paths, other], { ...PLAIN, allowed: ['vus'] });
    expect(allowed.runs).toHaveLength(15);
  });

  it('lists files that are not runs, and shows the trend of the others; without any run it reports the error', async () => {
    const broken = join(folder, 'broken.run');
    await writeFile(broken, 'no run');
    const { runs, leftOut } = await trendOfRuns([broken, ...paths], PLAIN);
    expect(runs).toHaveLength(14);
    expect(leftOut).toEqual([{ path: broken, reason: expect.stringContaining('is not a run file') }]);
    await expect(trendOfRuns([broken], PLAIN)).rejects.toThrow('is not a run file');
  });

  it('reads well in 60 columns', async () => {
    const text = renderTrend(await trendOfRuns(paths, PLAIN), { colour: false, columns: 60 });
    // A path is one word.
    for (const line of text.split('\n').filter((one) => !one.includes(folder))) {
      expect(textWidth(line)).toBeLessThanOrEqual(60);
    }
  });

  it('says of few runs that they are too few', async () => {
    const { warnings, figures } = await trendOfRuns(paths.slice(0, 4), PLAIN);
    expect(warnings).toEqual(['4 runs are too few to detect a step: at least 10 are needed']);
    expect(figures.flatMap(({ steps }) => steps)).toEqual([]);
  });

  it('looks at the figures that are asked for', async () => {
    const { figures } = await trendOfRuns(paths, {
      ...PLAIN,
      gates: readGates(['ws_msgs_received rate > -5%'], 'flag'),
    });
    expect(figures.map(({ figure, steps }) => [figure, steps])).toEqual([['ws_msgs_received rate', []]]);
  });

  it('needs a run', async () => {
    await expect(trendOfRuns([], PLAIN)).rejects.toThrow('A trend needs runs');
  });
});

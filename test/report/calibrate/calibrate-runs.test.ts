import { join } from 'node:path';
import { expect, it } from 'vitest';
import { calibrateRuns } from '../../../src/report/calibrate/calibrate-runs.js';
import { readGates } from '../../../src/report/compare/gates/read-gates.js';
import { writeEchoRun } from '../../support/synthetic-run-file.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

it('tells how much runs of one build differ, and what follows from it', async () => {
  const folder = await temporaryFolder();
  const medians = [9.5, 10, 10.5, 10];
  const paths = medians.map((_, index) => join(folder, `${index}.run`));
  await Promise.all(medians.map((median, index) => writeEchoRun(join(folder, `${index}.run`), median)));
  const [figure] = await calibrateRuns(paths, readGates(['ws_rtt p(50) < +10%'], 'flag'));
  if (figure === undefined) throw new Error('nothing was told');
  expect(figure.figure).toBe('ws_rtt p(50)');
  expect(figure.values).toHaveLength(4);
  // The logarithms' own deviation, then 2.353 of it times the root of 1.25, and two more of room.
  expect(figure.spread).toBeCloseTo(0.041, 2);
  expect(Math.log1p(figure.budget) / figure.spread).toBeCloseTo(2.353 * Math.sqrt(1.25) + 2, 2);
  expect(figure.smallestFound).toBeGreaterThan(figure.budget);
  await expect(calibrateRuns(paths.slice(2), [])).rejects.toMatchObject({
    message: expect.stringContaining('2 runs are too few'),
  });
  const other = join(folder, 'other.run');
  await writeEchoRun(other, 10, { vus: 7 });
  await expect(calibrateRuns([...paths, other], [])).rejects.toMatchObject({
    message: expect.stringContaining('differ in vus'),
  });
});

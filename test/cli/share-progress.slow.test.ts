import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ShareProgress } from '../../src/cli/live-progress.js';
import { compareFiles } from '../../src/report/index.js';
import { recordingOutput } from '../support/recording-output.js';
import { writeEchoRun } from '../support/synthetic-run-file.js';
import { temporaryFolder } from '../support/temporary-folder.js';

describe('ShareProgress', () => {
  it('draws each percent once over the one before, and takes the line away', () => {
    const { stderr } = recordingOutput({ isTerminal: true });
    const progress = new ShareProgress(stderr, 'reading');
    for (const share of [0.1, 0.102, 0.5, 0.4, 1]) progress.show(share);
    progress.end();
    progress.end();
    expect(stderr.text()).toBe('\rreading 10 %\rreading 50 %\rreading 99 %\r\u001B[K');
  });

  it('writes nothing where there is no terminal', () => {
    const { stderr } = recordingOutput();
    const progress = new ShareProgress(stderr, 'reading');
    progress.show(0.5);
    progress.end();
    expect(stderr.text()).toBe('');
  });
});

it('a comparison tells how much of its runs has been read', async () => {
  const folder = await temporaryFolder();
  const paths = ['a.run', 'b.run', 'c.run', 'd.run'].map((name) => join(folder, name));
  for (const path of paths) await writeEchoRun(path, 10);
  const shares: number[] = [];
  await compareFiles({ base: paths.slice(1), next: paths.slice(0, 1), gates: [], read: (share) => shares.push(share) });
  expect(shares).toEqual([0.25, 0.5, 0.75, 1]);
});

import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BaselineStore } from '../../../src/report/baseline/baseline-store.js';
import { RunFileWriter } from '../../../src/run-file/index.js';
import { recordLine } from '../../../src/run-file/record-line.js';
import type { RunEnd } from '../../../src/run-file/records.js';
import { snapshotRun } from '../../support/sample-run.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const ALL = { keep: 50, anchor: 5, isForced: false, beginsAnew: false };

/** A run file that started in this second of a day. */
async function writeRun(folder: string, second: number, changes: Partial<RunEnd> = {}): Promise<string> {
  const { header, seconds, end } = snapshotRun(changes);
  const path = join(folder, `r${second}.run`);
  const writer = await RunFileWriter.create(path);
  writer.writeHeader({ ...header, startedAt: new Date(Date.UTC(2026, 0, 2, 3, 4, second)).toISOString() });
  for (const record of seconds) writer.writeSecond(record);
  writer.writeEnd(end);
  await writer.close();
  return path;
}

const THRESHOLD = { series: 'ws_ping', expression: 'p(95)<1', aggregate: 'p(95)', value: 2, aborted: false };

function secondsOf(paths: readonly string[]): readonly (string | undefined)[] {
  return paths.map((path) => /03-04-(\d\d)/.exec(path)?.[1]);
}

describe('BaselineStore', () => {
  it('keeps the newest runs of a name, whichever order they were saved in', async () => {
    const folder = await temporaryFolder();
    const store = new BaselineStore(join(folder, 'kept'));
    for (const second of [30, 10, 50, 20, 40])
      await store.save(await writeRun(folder, second), 'main', { ...ALL, keep: 3, anchor: 0 });
    const runs = await store.find('main');
    expect(secondsOf(runs)).toEqual(['30', '40', '50']);
    expect(await store.list()).toEqual([{ name: 'main', runs }]);
  });

  it('keeps the first runs as an anchor beside the newest ones', async () => {
    const folder = await temporaryFolder();
    const store = new BaselineStore(join(folder, 'kept'));
    const kept = { ...ALL, keep: 2, anchor: 2 };
    for (const second of [10, 20, 30, 40, 50]) await store.save(await writeRun(folder, second), 'main', kept);
    expect(secondsOf(await store.find('main'))).toEqual(['10', '20', '40', '50']);
    const { removed } = await store.save(await writeRun(folder, 55), 'main', { ...kept, beginsAnew: true });
    expect(secondsOf(removed)).toEqual(['10', '20', '40', '50']);
    expect(secondsOf(await store.find('main'))).toEqual(['55']);
  });

  it.each<readonly [string, Partial<RunEnd>]>([
    ['its generator was the bottleneck', { health: { verdict: 'saturated', reasons: [], saturatedSeconds: [0] } }],
    ['it did not finish: stopped-by-signal', { reason: 'stopped-by-signal' }],
    ['it did not finish: thresholds-crossed', { reason: 'thresholds-crossed' }],
    ['it did not finish: the target went away', { reason: 'failed', detail: 'the target went away' }],
  ])('refuses a run because %s, unless it is forced', async (problem, changes) => {
    const folder = await temporaryFolder();
    const store = new BaselineStore(join(folder, 'kept'));
    const path = await writeRun(folder, 10, changes);
    await expect(store.save(path, 'main', ALL)).rejects.toMatchObject({
      code: 'baseline.unfit',
      problems: [problem],
      hint: expect.stringContaining('--force'),
    });
    expect(await store.list()).toEqual([]);
    await store.save(path, 'main', { ...ALL, isForced: true });
    expect(await store.find('main')).toHaveLength(1);
  });

  it('refuses a run whose file is cut, and one that crossed a threshold', async () => {
    const folder = await temporaryFolder();
    const store = new BaselineStore(join(folder, 'kept'));
    const path = await writeRun(folder, 10);
    const text = await readFile(path, 'latin1');
    await writeFile(path, text.slice(0, text.indexOf('\nend ') + 1), 'latin1');
    await expect(store.save(path, 'main', ALL)).rejects.toMatchObject({
      problems: ['its file is truncated: it has no end'],
    });
    const crossed = await writeRun(folder, 20);
    const threshold = JSON.stringify({ ...THRESHOLD, ok: false });
    const whole = await readFile(crossed, 'latin1');
    await writeFile(crossed, whole.replace('\nend ', `\n${recordLine('threshold', threshold)}end `), 'latin1');
    await expect(store.save(crossed, 'main', ALL)).rejects.toMatchObject({
      problems: ['it crossed the threshold ws_ping p(95)<1'],
    });
  });

  it('refuses a run that finished and mostly failed, or received nothing', async () => {
    const folder = await temporaryFolder();
    const store = new BaselineStore(join(folder, 'kept'));
    const { totals } = snapshotRun().end;
    const failing = { totals: { ...totals, rates: { checks: { passes: 1, fails: 29 } } } };
    await expect(store.save(await writeRun(folder, 10, failing), 'main', ALL)).rejects.toMatchObject({
      code: 'baseline.unfit',
      problems: ['failed checks: 96.7%'],
    });
    const silent = { totals: { ...totals, counters: {} } };
    await expect(store.save(await writeRun(folder, 20, silent), 'main', ALL)).rejects.toMatchObject({
      problems: ['nothing was received'],
    });
  });

  it('says why a folder cannot be written, and leaves nothing behind', async () => {
    const folder = await temporaryFolder();
    const path = await writeRun(folder, 10);
    await writeFile(join(folder, 'kept'), 'a file');
    const store = new BaselineStore(join(folder, 'kept'));
    await expect(store.save(path, 'main', ALL)).rejects.toMatchObject({
      code: 'baseline.write-failed',
      message: expect.stringMatching(/kept\/main cannot be written: a part of the path is a file\.$/),
    });
  });

  it('keeps one copy of the same run, and loses none when many save at once', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'kept');
    const files = await Promise.all(Array.from({ length: 12 }, (_, second) => writeRun(folder, second)));
    await Promise.all([...files, ...files].map((file) => new BaselineStore(path).save(file, 'main', ALL)));
    expect(await new BaselineStore(path).find('main')).toHaveLength(12);
    expect((await readdir(join(path, 'main'))).filter((name) => !name.endsWith('.run'))).toEqual([]);
  });

  it('removes what a process that died has left, once it is old, and never counts it as a run', async () => {
    const folder = await temporaryFolder();
    const main = join(folder, 'main');
    await mkdir(main);
    for (const name of ['old-1.draft', 'new-2.draft']) await writeFile(join(main, name), 'half');
    await utimes(join(main, 'old-1.draft'), 1, 1);
    const store = new BaselineStore(folder);
    expect(await store.list()).toEqual([]);
    expect(await store.prune('main', { keep: 1, anchor: 0 })).toEqual([]);
    expect(await readdir(main)).toEqual(['new-2.draft']);
  });

  it('has names that lead nowhere else, and says which there are', async () => {
    const folder = await temporaryFolder();
    const store = new BaselineStore(folder);
    for (const name of ['../main', '', '.hidden', 'a/b', 'a b']) {
      await expect(store.find(name)).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('is not a valid name'),
      });
    }
    await expect(store.find('main')).rejects.toMatchObject({
      hint: expect.stringContaining('report save RUN --as main'),
    });
    await store.save(await writeRun(folder, 1), 'release-2.1', ALL);
    await expect(store.find('main')).rejects.toMatchObject({ hint: 'Known baselines: release-2.1.' });
    await expect(store.save(join(folder, 'missing.run'), 'main', ALL)).rejects.toMatchObject({
      code: 'run-file.not-found',
    });
  });
});

import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BaselineStore } from '../../../src/report/baseline/baseline-store.js';
import { RunFileWriter } from '../../../src/run-file/index.js';
import { snapshotRun } from '../../support/sample-run.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** A run file that started in this second of a day. */
async function writeRun(folder: string, second: number): Promise<string> {
  const { header, seconds, end } = snapshotRun();
  const path = join(folder, `r${second}.run`);
  const writer = await RunFileWriter.create(path);
  writer.writeHeader({ ...header, startedAt: new Date(Date.UTC(2026, 0, 2, 3, 4, second)).toISOString() });
  for (const record of seconds) writer.writeSecond(record);
  writer.writeEnd(end);
  await writer.close();
  return path;
}

describe('BaselineStore', () => {
  it('keeps the newest runs of a name, whichever order they were saved in', async () => {
    const folder = await temporaryFolder();
    const store = new BaselineStore(join(folder, 'kept'));
    for (const second of [30, 10, 50, 20, 40]) await store.save(await writeRun(folder, second), 'main', 3);
    const runs = await store.find('main');
    expect(runs.map((path) => /03-04-(\d\d)/.exec(path)?.[1])).toEqual(['30', '40', '50']);
    expect(await store.list()).toEqual([{ name: 'main', runs }]);
  });

  it('keeps one copy of the same run, and loses none when many save at once', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'kept');
    const files = await Promise.all(Array.from({ length: 12 }, (_, second) => writeRun(folder, second)));
    await Promise.all([...files, ...files].map((file) => new BaselineStore(path).save(file, 'main', 20)));
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
    expect(await store.prune('main', 1)).toEqual([]);
    expect(await readdir(main)).toEqual(['new-2.draft']);
  });

  it('has names that lead nowhere else, and says which there are', async () => {
    const folder = await temporaryFolder();
    const store = new BaselineStore(folder);
    for (const name of ['../main', '', '.hidden', 'a/b', 'a b']) {
      await expect(store.find(name)).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('is no name'),
      });
    }
    await expect(store.find('main')).rejects.toMatchObject({
      hint: expect.stringContaining('report save RUN --as main'),
    });
    await store.save(await writeRun(folder, 1), 'release-2.1', 1);
    await expect(store.find('main')).rejects.toMatchObject({ hint: 'There are release-2.1.' });
    await expect(store.save(join(folder, 'missing.run'), 'main', 1)).rejects.toMatchObject({
      code: 'run-file.not-found',
    });
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FolderLock } from '../../../src/gateway/outbox/log/folder-lock.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Lock of a process that runs `program` until it ends or is killed. */
async function lockOfAnother(dir: string): Promise<{ kill(): Promise<void> }> {
  const child = spawn(process.execPath, ['-e', 'process.stdout.write("up"); process.stdin.resume()']);
  await once(child.stdout, 'data');
  await writeFile(join(dir, 'lock'), `${child.pid}\n`);
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('the lock of a folder', () => {
  it('prevents a second outbox in the same process, until it is released', async () => {
    const dir = await temporaryFolder();
    const first = await FolderLock.take(dir);
    await expect(FolderLock.take(join(dir, '.'))).rejects.toMatchObject({ code: 'outbox.unusable' });
    await first.release();
    await (await FolderLock.take(dir)).release();
    expect(await readdir(dir)).toEqual([]);
  });

  it('prevents another process while the holder runs, and is taken over when it has ended', async () => {
    const dir = await temporaryFolder();
    const other = await lockOfAnother(dir);
    await expect(FolderLock.take(dir)).rejects.toMatchObject({
      code: 'outbox.unusable',
      message: expect.stringContaining('Another gateway uses') as unknown,
    });
    await other.kill();
    const lock = await FolderLock.take(dir);
    expect(Number.parseInt(await readFile(join(dir, 'lock'), 'utf8'), 10)).toBe(process.pid);
    await lock.release();
  });

  it.runIf(process.platform === 'linux')(
    'does not mistake a process with the id of a dead holder for the holder',
    async () => {
      const dir = await temporaryFolder();
      const lock = await FolderLock.take(dir);
      const own = await readFile(join(dir, 'lock'), 'utf8');
      await lock.release();
      const earlier = own.replace(/\d+\n$/, '1\n');
      expect(earlier).not.toBe(own);
      await writeFile(join(dir, 'lock'), earlier);
      await (await FolderLock.take(dir)).release();
    },
  );

  it.each(['', 'rubbish', '-5', '0'])('with the content %j has no holder', async (content) => {
    const dir = await temporaryFolder();
    await writeFile(join(dir, 'lock'), content);
    await (await FolderLock.take(dir)).release();
    expect(await readdir(dir)).toEqual([]);
  });

  it('is not taken when the folder cannot be written to', async () => {
    const dir = join(await temporaryFolder(), 'missing');
    await expect(FolderLock.take(dir)).rejects.toThrow('ENOENT');
    await mkdir(dir);
    await (await FolderLock.take(dir)).release();
  });
});

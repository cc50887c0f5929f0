import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { readMachine } from '../../../src/gateway/doctor/read-machine.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** A folder with these files, to be looked at as if it were `/`. */
async function root(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

const MEMORY = { 'proc/meminfo': 'MemAvailable:  1000000 kB\n' };

it('takes the tightest cgroup limit on the path, less its usage', async () => {
  const machine = await readMachine(
    'ws',
    await root({
      ...MEMORY,
      'proc/self/cgroup': '0::/system.slice/wsg.service\n',
      'sys/fs/cgroup/system.slice/wsg.service/memory.max': 'max\n',
      'sys/fs/cgroup/system.slice/wsg.service/memory.current': '1000\n',
      'sys/fs/cgroup/system.slice/memory.max': '500000\n',
      'sys/fs/cgroup/system.slice/memory.current': '200000\n',
      'sys/fs/cgroup/system.slice/wsg.service/pids.max': '77\n',
    }),
  );
  expect(machine.memory).toEqual({ bytes: 300_000, boundBy: 'cgroup' });
  expect(machine.threads).toBe(77);
});

it('reads cgroups of version 1 too, where only the root of the mount is visible', async () => {
  const machine = await readMachine(
    'ws',
    await root({
      ...MEMORY,
      'proc/self/cgroup': '4:memory:/docker/abc\n0::/\n',
      'proc/1/cgroup': '4:memory:/docker/abc\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '800000\n',
      'sys/fs/cgroup/memory/memory.usage_in_bytes': '300000\n',
    }),
  );
  expect(machine.memory).toEqual({ bytes: 500_000, boundBy: 'cgroup' });
  expect(machine.container).toBe('docker');
});

it("takes the machine's memory without a limit", async () => {
  const files = { ...MEMORY, 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/memory.max': 'max\n' };
  expect((await readMachine('ws', await root(files))).memory).toEqual({ bytes: 1_024_000_000, boundBy: 'machine' });
});

it('returns undefined for what this system does not report', async () => {
  const machine = await readMachine('ws', await root({}));
  expect(machine.systemFiles).toBeUndefined();
  expect(machine.ports).toBeUndefined();
  expect(machine.acceptQueue).toBeUndefined();
  expect(machine.trackedConnections).toBeUndefined();
  expect(machine.threads).toBeUndefined();
  expect(machine.container).toBeUndefined();
  expect(machine.openFiles?.soft).toBeGreaterThan(0);
});

import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { judgeMachine, GATEWAY_KB, KERNEL_KB, type Finding } from '../../../src/gateway/doctor/judge-machine.js';
import type { Machine } from '../../../src/gateway/doctor/machine.js';

const ROOMY: Machine = {
  platform: 'linux',
  node: '20.20.0',
  cpus: 2,
  container: undefined,
  openFiles: { soft: 1_000_000, hard: 1_000_000 },
  systemFiles: 2_000_000,
  ports: { first: 1024, last: 65_535 },
  acceptQueue: 4096,
  synBacklog: 4096,
  trackedConnections: undefined,
  memory: { bytes: 8 * 2 ** 30, boundBy: 'machine' },
  threads: undefined,
  transport: 'uws',
  wsg: '0.1.0',
  abi: '115',
  glibc: '2.36',
  uws: { state: 'not installed', reason: 'It is not there.', hint: 'Install it.' },
};

function find(machine: Machine, name: string): Finding | undefined {
  return judgeMachine(machine, 10_000).find((finding) => finding.name.startsWith(name));
}

it('warns of nothing on a large machine', () => {
  expect(judgeMachine(ROOMY, 10_000).filter(({ level }) => level !== 'ok')).toEqual([]);
});

it('suggests ulimit when the hard limit on open files allows more', () => {
  expect(find({ ...ROOMY, openFiles: { soft: 1024, hard: 524_288 } }, 'open files')).toMatchObject({
    level: 'warning',
    value: '1,024',
    connections: 960,
    fixes: ['ulimit -n 10527'],
  });
});

it('suggests raising a hard limit that is too low', () => {
  const fixes = find({ ...ROOMY, openFiles: { soft: 1024, hard: 4096 } }, 'open files')?.fixes ?? [];
  expect(fixes[0]).toBe('LimitNOFILE=10527 in the systemd unit');
  expect(fixes.join()).not.toContain('ulimit -n');
});

it('divides memory by the size of a connection on the configured transport', () => {
  const memory = { bytes: 43_000_000, boundBy: 'cgroup' } as const;
  expect(find({ ...ROOMY, memory }, 'memory')).toMatchObject({ level: 'ok', connections: 10_000 });
  const onWs = find({ ...ROOMY, memory, transport: 'ws' }, 'memory');
  expect(onWs).toMatchObject({ level: 'warning', connections: 5972 });
  expect(onWs?.value).toContain('under the memory limit of the cgroup');
});

it('treats few ports as a limit on outgoing connections only', () => {
  const finding = find({ ...ROOMY, ports: { first: 60_000, last: 60_999 } }, 'ephemeral ports');
  expect(finding).toMatchObject({ level: 'warning', fixes: ['sysctl -w net.ipv4.ip_local_port_range="1024 65535"'] });
  expect(finding?.connections).toBeUndefined();
});

it('warns of queues shorter than the gateway asks for', () => {
  expect(find({ ...ROOMY, acceptQueue: 128 }, 'accept queue')?.fixes).toEqual(['sysctl -w net.core.somaxconn=512']);
  expect(find({ ...ROOMY, synBacklog: 128 }, 'half-open')?.level).toBe('warning');
});

it('reports connection tracking only where the kernel tracks', () => {
  expect(find(ROOMY, 'tracked')).toBeUndefined();
  expect(find({ ...ROOMY, trackedConnections: 8192 }, 'tracked')).toMatchObject({
    level: 'warning',
    connections: 8192,
  });
});

it('reports as unknown what the system does not report, not as ok', () => {
  const bare = {
    ...ROOMY,
    platform: 'darwin',
    systemFiles: undefined,
    ports: undefined,
    acceptQueue: undefined,
    synBacklog: undefined,
  };
  const unknown = judgeMachine(bare, 10_000).filter(({ level }) => level === 'unknown');
  expect(unknown.map(({ name }) => name)).toEqual([
    'open files of the whole machine',
    'ephemeral ports',
    'accept queue (somaxconn)',
    'half-open queue (tcp_max_syn_backlog)',
    'threads of the cgroup (pids.max)',
  ]);
});

async function benchRows(name: string): Promise<Record<string, string>[]> {
  return JSON.parse(await readFile(new URL(`../../../bench/results/${name}.json`, import.meta.url), 'utf8')).rows;
}

it('uses the measured size of a connection, rounded up', async () => {
  const idle = await benchRows('idle-connections');
  for (const transport of ['uws', 'ws'] as const) {
    const measured = idle
      .filter(({ server }) => server === `wsg on ${transport}`)
      .flatMap((row) => [row['kB RSS a connection, 0 to 10,000'], row['5,000 to 15,000']].map(Number));
    expect(GATEWAY_KB[transport]).toBeGreaterThanOrEqual(Math.max(...measured));
    expect(GATEWAY_KB[transport]).toBeLessThan(1.5 * Math.max(...measured));
  }
  const kernel = Number((await benchRows('socket-memory'))[0]?.['kB, median']);
  expect(KERNEL_KB).toBeGreaterThanOrEqual(kernel);
  expect(KERNEL_KB).toBeLessThan(1.5 * kernel);
});

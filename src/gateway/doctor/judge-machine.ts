import type { TransportName } from '../transport/transport.js';
import type { OpenFileLimits } from '../../core/open-files.js';
import { connectionsFor, filesFor } from '../access/connection-limits.js';
import type { Machine, MemoryRoom, PortRange } from './machine.js';

/**
 * Memory of one idle connection, in kB: the kernel's part from bench/socket-memory, the gateway's
 * from bench/idle-connections (the row with a unique tag, the most expensive one). A test compares
 * them with bench/results.
 */
export const KERNEL_KB = 3;
export const GATEWAY_KB: Readonly<Record<TransportName, number>> = { uws: 1.3, ws: 4.2 };

/** The result of one check. */
export interface Finding {
  readonly name: string;
  /** `failed`: a gateway could not start. `unknown`: this system does not report it. */
  readonly level: 'ok' | 'warning' | 'failed' | 'unknown';
  readonly value: string;
  /** One sentence. */
  readonly meaning: string;
  /**
   * Approximate number of connections that it allows one gateway process; undefined if it does not
   * limit them.
   */
  readonly connections?: number;
  /** Commands that raise the limit, if that may be needed. */
  readonly fixes?: readonly string[];
}

/** Listen backlog of both transports. */
const LISTEN_BACKLOG = 512;
/** Threads of Node, its thread pool and compilers, with a margin. */
const OWN_THREADS = 32;

/** Checks the limits on connections of this machine against `wanted`. */
export function judgeMachine(machine: Machine, wanted: number): Finding[] {
  return [
    judgeOpenFiles(machine.openFiles, wanted),
    judgeSystemFiles(machine.systemFiles, wanted),
    judgeMemory(machine.memory, machine.transport, wanted),
    judgePorts(machine.ports, wanted),
    judgeAcceptQueue(machine.acceptQueue),
    judgeSynBacklog(machine.synBacklog),
    ...judgeTracking(machine.trackedConnections, wanted),
    judgeThreads(machine),
    judgeCpus(machine.cpus),
    judgeContainer(machine.container),
  ];
}

function judgeOpenFiles(limit: OpenFileLimits | undefined, wanted: number): Finding {
  const name = 'open files';
  if (limit === undefined) return unknown(name);
  // The same formula as the default of `limits.max_connections`.
  const connections = connectionsFor(limit.soft);
  const needed = filesFor(wanted);
  const meaning = `Each connection takes one file descriptor. The hard limit is ${shown(limit.hard)}.`;
  const fixes =
    limit.hard >= needed
      ? [`ulimit -n ${needed}`]
      : [
          `LimitNOFILE=${needed} in the systemd unit`,
          `docker run --ulimit nofile=${needed}`,
          `echo '* - nofile ${needed}' > /etc/security/limits.d/wsg.conf, then log in again`,
        ];
  return bound({ name, value: shown(limit.soft), meaning, connections, fixes }, wanted);
}

function judgeSystemFiles(limit: number | undefined, wanted: number): Finding {
  const name = 'open files of the whole machine';
  if (limit === undefined) return unknown(name);
  const meaning = 'All processes share this limit.';
  return bound(
    { name, value: shown(limit), meaning, connections: limit, fixes: [`sysctl -w fs.file-max=${10 * wanted}`] },
    wanted,
  );
}

function judgeMemory(room: MemoryRoom | undefined, transport: 'uws' | 'ws', wanted: number): Finding {
  const name = 'memory';
  if (room === undefined) return unknown(name);
  const kb = KERNEL_KB + GATEWAY_KB[transport];
  const connections = Math.floor(room.bytes / 1000 / kb);
  const meaning =
    `An idle connection takes about ${kb.toFixed(1)} kB: ${GATEWAY_KB[transport]} kB in the gateway on ${transport}, ${KERNEL_KB} kB in the kernel ` +
    `(bench/idle-connections, bench/socket-memory). Messages queued for slow readers, the outbox and the ring of /events take more.`;
  const fixes = room.boundBy === 'cgroup' ? ['raise MemoryMax= of the unit, or docker run --memory'] : ['add memory'];
  const value = `${Math.round(room.bytes / 2 ** 20).toLocaleString('en')} MiB free${room.boundBy === 'cgroup' ? ' under the memory limit of the cgroup' : ''}`;
  return bound({ name, value, meaning, connections, fixes }, wanted);
}

/**
 * Checks ephemeral ports, which limit outgoing connections of load generators and proxies, not
 * incoming ones.
 */
function judgePorts(range: PortRange | undefined, wanted: number): Finding {
  const name = 'ephemeral ports';
  if (range === undefined) return unknown(name);
  const count = range.last - range.first + 1;
  return {
    name,
    level: count >= wanted ? 'ok' : 'warning',
    value: `${range.first} to ${range.last}`,
    meaning: `A load generator or a proxy on this machine opens at most ${shown(count)} connections to one address and port. Incoming connections take no ephemeral port.`,
    fixes: count >= wanted ? [] : ['sysctl -w net.ipv4.ip_local_port_range="1024 65535"'],
  };
}

function judgeAcceptQueue(length: number | undefined): Finding {
  const name = 'accept queue (somaxconn)';
  if (length === undefined) return unknown(name);
  const isLongEnough = length >= LISTEN_BACKLOG;
  return {
    name,
    level: isLongEnough ? 'ok' : 'warning',
    value: shown(length),
    meaning: `TCP connections that may wait to be accepted. Beyond it the kernel drops new ones and the client retries after a second. The gateway asks for ${LISTEN_BACKLOG}.`,
    fixes: isLongEnough ? [] : [`sysctl -w net.core.somaxconn=${LISTEN_BACKLOG}`],
  };
}

function judgeSynBacklog(length: number | undefined): Finding {
  const name = 'half-open queue (tcp_max_syn_backlog)';
  if (length === undefined) return unknown(name);
  const isLongEnough = length >= LISTEN_BACKLOG;
  return {
    name,
    level: isLongEnough ? 'ok' : 'warning',
    value: shown(length),
    meaning: 'TCP handshakes in progress. Many distant clients that connect at once fill this queue.',
    fixes: isLongEnough ? [] : ['sysctl -w net.ipv4.tcp_max_syn_backlog=4096'],
  };
}

/** Returns nothing where the kernel tracks no connections. */
function judgeTracking(limit: number | undefined, wanted: number): Finding[] {
  if (limit === undefined) return [];
  const finding = {
    name: 'tracked connections (conntrack)',
    value: shown(limit),
    meaning: 'A firewall or NAT that tracks connections drops packets of new ones beyond this limit.',
    connections: limit,
    fixes: [`sysctl -w net.netfilter.nf_conntrack_max=${2 * wanted}`],
  };
  return [bound(finding, wanted)];
}

function judgeThreads({ threads: limit, platform }: Machine): Finding {
  const name = 'threads of the cgroup (pids.max)';
  if (limit === undefined && platform !== 'linux') return unknown(name);
  if (limit === undefined) return { name, level: 'ok', value: 'no limit', meaning: 'No cgroup limits threads.' };
  const isEnough = limit >= OWN_THREADS;
  return {
    name,
    level: isEnough ? 'ok' : 'warning',
    value: shown(limit),
    meaning: 'Connections take no threads; Node needs about a dozen.',
    fixes: isEnough ? [] : [`raise TasksMax= of the unit, or docker run --pids-limit ${OWN_THREADS}`],
  };
}

function judgeCpus(count: number): Finding {
  const meaning =
    count === 1
      ? 'The gateway uses one CPU and shares it with any load generator or broker on this machine.'
      : 'The gateway uses one CPU; the others serve the kernel, brokers and load generators.';
  return { name: 'CPUs', level: 'ok', value: String(count), meaning };
}

function judgeContainer(container: string | undefined): Finding {
  const name = 'container';
  if (container === undefined)
    return { name, level: 'ok', value: 'none detected', meaning: 'The limits are those of the machine.' };
  const meaning =
    'Limits on files, memory and threads are those of the container. Kernel settings (sysctl) are usually set on the host.';
  return { name, level: 'ok', value: container, meaning };
}

function bound(finding: Omit<Finding, 'level'> & { readonly connections: number }, wanted: number): Finding {
  const isEnough = finding.connections >= wanted;
  return { ...finding, level: isEnough ? 'ok' : 'warning', fixes: isEnough ? [] : (finding.fixes ?? []) };
}

function unknown(name: string): Finding {
  return { name, level: 'unknown', value: 'unknown', meaning: `Not checked: this system does not report it.` };
}

function shown(figure: number): string {
  return figure === Number.MAX_SAFE_INTEGER ? 'unlimited' : figure.toLocaleString('en');
}

import { localVus } from '../plan/local-scenarios.js';
import type { Plan } from '../plan/plan.js';
import { readFileSync } from 'node:fs';
import { openFileLimits } from '../../core/open-files.js';

/** Finds the resources of this machine that a plan would exhaust, before anything starts. */
export function preflight(plan: Plan, limits: MachineLimits = readMachineLimits()): readonly Shortage[] {
  return findShortages(needOf(plan), limits);
}

function needOf(plan: Plan): LoadNeeds {
  const { behaviour, runtime } = plan;
  return {
    vus: localVus(plan),
    behaviour: behaviour.type,
    servers: behaviour.type === 'script' ? 1 : new Set(behaviour.dial.targets.map(serverOf)).size,
    sourceAddresses: runtime.localAddresses.length,
  };
}

function serverOf({ normalised }: { readonly normalised: string }): string {
  return new URL(normalised).host;
}

/**
 * Files that a load test opens in addition to its connections, approximately: streams, the run
 * file, event loops, pipes of a gateway.
 */
const OWN_FILES = 40;

/**
 * Resident memory before the first virtual user, and per virtual user with a connection. Measured
 * with `wsg loadtest --scenario idle` and a script that only waits, 500 to 5,000 virtual users,
 * Node 20 on Linux.
 */
const OWN_BYTES = 180_000_000;

const USER_BYTES = { 'built-in': 18_000, script: 45_000 } as const;

/** Linux's largest range without well-known ports. */
const MAX_PORT_RANGE = '1024 65535';

/** Resources that a load test needs. */
export interface LoadNeeds {
  /** Virtual users of this process at the same time, each with a connection. */
  readonly vus: number;
  readonly behaviour: keyof typeof USER_BYTES;
  /** Number of servers (address and port); 1 for a script, whose servers are unknown. */
  readonly servers: number;
  /** Number of source addresses; 0 lets the system choose. */
  readonly sourceAddresses: number;
}

/** A resource that does not suffice, and the command that helps. */
export interface Shortage {
  readonly problem: string;
  readonly remedy: string;
}

/** Returns all resources that a load test would exhaust. */
export function findShortages(need: LoadNeeds, limits: MachineLimits): readonly Shortage[] {
  return [judgeFiles(need, limits), judgePorts(need, limits), judgeMemory(need, limits)].filter(
    (shortage) => shortage !== undefined,
  );
}

function judgeFiles({ vus }: LoadNeeds, { openFiles }: MachineLimits): Shortage | undefined {
  const needed = vus + OWN_FILES;
  if (openFiles === undefined || needed <= openFiles.soft) return undefined;
  const problem = `${vus} virtual users need ${needed} open files, but this process is limited to ${openFiles.soft}`;
  if (needed <= openFiles.hard) return { problem, remedy: `ulimit -n ${needed}` };
  return {
    problem: `${problem} (${openFiles.hard} at most for this user)`,
    remedy: `as root: ulimit -n ${needed}; or --vus ${Math.max(1, openFiles.hard - OWN_FILES)}`,
  };
}

/**
 * Without a given source address, a connection needs a port that no other connection to the same
 * server uses. With a source address, Linux binds before it connects: the port must then be unique
 * for that source address, whatever the server.
 */
function judgePorts({ vus, servers, sourceAddresses }: LoadNeeds, { ports }: MachineLimits): Shortage | undefined {
  if (ports === undefined) return undefined;
  const range = ports.last - ports.first + 1;
  const connections = range * (sourceAddresses === 0 ? servers : sourceAddresses);
  if (vus <= connections) return undefined;
  const from = sourceAddresses === 0 ? 'one address' : `${sourceAddresses} addresses`;
  const wanted = Math.ceil(vus / range);
  return {
    problem: `${vus} virtual users need as many source ports, but ${from} with ports ${ports.first} to ${ports.last} provides only ${connections}`,
    remedy: `sysctl -w net.ipv4.ip_local_port_range="${MAX_PORT_RANGE}", or ${wanted} source addresses: --local-address 127.0.0.2-127.0.0.${Math.min(254, wanted + 1)} on loopback`,
  };
}

function judgeMemory({ vus, behaviour }: LoadNeeds, { memoryBytes }: MachineLimits): Shortage | undefined {
  const needed = OWN_BYTES + vus * USER_BYTES[behaviour];
  if (needed <= memoryBytes) return undefined;
  const fitting = Math.max(1, Math.floor((memoryBytes - OWN_BYTES) / USER_BYTES[behaviour]));
  return {
    problem: `${vus} virtual users need about ${megabytes(needed)} of memory, but only ${megabytes(memoryBytes)} are available`,
    remedy: `--vus ${fitting}`,
  };
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

/** Limits of a machine; undefined if the system does not report them. */
export interface MachineLimits {
  /**
   * File descriptors of this process: the current limit, and the highest one that needs no
   * privileges.
   */
  readonly openFiles: { readonly soft: number; readonly hard: number } | undefined;
  /** Range of source ports per source address. */
  readonly ports: { readonly first: number; readonly last: number } | undefined;
  /** Bytes that are still available to this process. */
  readonly memoryBytes: number;
}

/** Reads the limits of this machine. */
export function readMachineLimits(): MachineLimits {
  return { openFiles: openFileLimits(), ports: parsePorts(readText()), memoryBytes: process.availableMemory() };
}

/** Parses Linux's `net.ipv4.ip_local_port_range` (ip-sysctl): two numbers, both inclusive. */
export function parsePorts(text: string): MachineLimits['ports'] {
  const { first, last } = /^(?<first>\d+)\s+(?<last>\d+)\s*$/.exec(text)?.groups ?? {};
  return first === undefined ? undefined : { first: Number(first), last: Number(last) };
}

function readText(): string {
  try {
    return readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
  } catch {
    return '';
  }
}

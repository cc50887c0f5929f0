import type { OpenFileLimits } from '../../core/open-files.js';
import type { TransportName } from '../transport/transport.js';
import type { UwsState } from './read-uws.js';

/** Versions and limits of this machine. Undefined: the system does not report it. */
export interface Machine {
  readonly platform: string;
  /** The version of this program. */
  readonly wsg: string;
  readonly node: string;
  /** Node's ABI, which binaries are built for. */
  readonly abi: string;
  /** Undefined on musl and on other systems. */
  readonly glibc: string | undefined;
  readonly cpus: number;
  /** Name of the container engine, such as `docker`; undefined when no container is detected. */
  readonly container: string | undefined;
  readonly openFiles: OpenFileLimits | undefined;
  /** Files open at once on the whole machine, `fs.file-max`. */
  readonly systemFiles: number | undefined;
  readonly ports: PortRange | undefined;
  /** `net.core.somaxconn`. */
  readonly acceptQueue: number | undefined;
  /** `net.ipv4.tcp_max_syn_backlog`. */
  readonly synBacklog: number | undefined;
  /** Also undefined where connections are not tracked. */
  readonly trackedConnections: number | undefined;
  readonly memory: MemoryRoom | undefined;
  readonly threads: number | undefined;
  /** The configured transport. */
  readonly transport: TransportName;
  readonly uws: UwsState;
}

/** An inclusive range of ports. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Available memory, and the limit that determines it. */
export interface MemoryRoom {
  readonly bytes: number;
  readonly boundBy: 'machine' | 'cgroup';
}

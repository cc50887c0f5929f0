import type { OpenFileLimits } from '../../core/open-files.js';
import type { TransportName } from '../transport/transport.js';
import type { UwsState } from './read-uws.js';

/**
 * What bounds connections on this machine, as it was found. Undefined: this system does not tell.
 */
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
  /**
   * For people: `docker`, `a cgroup of kubepods`; undefined when nothing speaks for a container.
   */
  readonly container: string | undefined;
  readonly openFiles: OpenFileLimits | undefined;
  /** Files open at once on the whole machine, `fs.file-max`. */
  readonly systemFiles: number | undefined;
  readonly ports: PortRange | undefined;
  /** `net.core.somaxconn`. */
  readonly acceptQueue: number | undefined;
  /** `net.ipv4.tcp_max_syn_backlog`. */
  readonly synBacklog: number | undefined;
  /** Undefined too where connections are not tracked. */
  readonly trackedConnections: number | undefined;
  readonly memory: MemoryRoom | undefined;
  readonly threads: number | undefined;
  /** What a gateway would run on. */
  readonly transport: TransportName;
  readonly uws: UwsState;
}

/** Both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** What may still be taken, and what says so. */
export interface MemoryRoom {
  readonly bytes: number;
  readonly boundBy: 'machine' | 'cgroup';
}

import type { TransportName } from '../transport/transport.js';
import { judgeMachine, type Finding } from './judge-machine.js';
import { judgeSoftware } from './judge-software.js';
import type { Machine } from './machine.js';
import { readMachine } from './read-machine.js';

/** The result of `wsg doctor`. */
export interface Diagnosis {
  readonly platform: string;
  /** Number of connections that was checked for. */
  readonly wanted: number;
  /**
   * Approximate number of connections that this machine allows one gateway process; undefined when
   * no limit could be read.
   */
  readonly connections: number | undefined;
  /** Name of the finding with the lowest limit. */
  readonly boundBy: string | undefined;
  readonly findings: readonly Finding[];
  /** Versions on this machine, for programs that read the record. */
  readonly software: Pick<Machine, 'wsg' | 'node' | 'abi' | 'glibc' | 'transport' | 'uws'>;
}

/**
 * Inspects this machine, without changing anything, and reports versions and limits on connections.
 */
export async function diagnose(wanted: number, transport: TransportName, root?: string): Promise<Diagnosis> {
  const machine = await readMachine(transport, root);
  const findings = [...judgeSoftware(machine), ...judgeMachine(machine, wanted)];
  const tightest = findings
    .filter((finding) => finding.connections !== undefined)
    .reduce<Finding | undefined>((least, finding) => (atMost(least, finding) ? least : finding), undefined);
  return {
    platform: machine.platform,
    wanted,
    connections: tightest?.connections,
    boundBy: tightest?.name,
    findings,
    software: machine,
  };
}

function atMost(one: Finding | undefined, other: Finding): boolean {
  return one !== undefined && (one.connections ?? Infinity) <= (other.connections ?? Infinity);
}

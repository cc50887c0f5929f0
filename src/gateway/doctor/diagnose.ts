import type { TransportName } from '../transport/transport.js';
import { judgeMachine, type Finding } from './judge-machine.js';
import { judgeSoftware } from './judge-software.js';
import type { Machine } from './machine.js';
import { readMachine } from './read-machine.js';

/** What `wsg doctor` found. */
export interface Diagnosis {
  readonly platform: string;
  /** How many connections it was judged for. */
  readonly wanted: number;
  /**
   * About so many this machine allows to one gateway process; undefined when nothing that bounds
   * them could be read.
   */
  readonly connections: number | undefined;
  /** The finding that bounds them. */
  readonly boundBy: string | undefined;
  readonly findings: readonly Finding[];
  /** What runs here, for programs that read the record. */
  readonly software: Pick<Machine, 'wsg' | 'node' | 'abi' | 'glibc' | 'transport' | 'uws'>;
}

/**
 * Looks at this machine, changes nothing, and says what runs on it and what bounds connections to
 * it.
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

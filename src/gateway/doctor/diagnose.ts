import { judgeMachine, type Finding } from './judge-machine.js';
import { readMachine } from './read-machine.js';

/** What `wsg doctor` found. */
export interface Diagnosis {
  readonly platform: string;
  /** How many connections it was judged for. */
  readonly wanted: number;
  /** About so many this machine allows to one gateway process; undefined when nothing that bounds them could be read. */
  readonly connections: number | undefined;
  /** The finding that bounds them. */
  readonly boundBy: string | undefined;
  readonly findings: readonly Finding[];
}

/** Looks at this machine, changes nothing, and says what bounds connections to it. */
export async function diagnose(wanted: number, root?: string): Promise<Diagnosis> {
  const machine = await readMachine(root);
  const findings = judgeMachine(machine, wanted);
  const tightest = findings
    .filter((finding) => finding.connections !== undefined)
    .reduce<Finding | undefined>((least, finding) => (atMost(least, finding) ? least : finding), undefined);
  return {
    platform: machine.platform,
    wanted,
    connections: tightest?.connections,
    boundBy: tightest?.name,
    findings,
  };
}

function atMost(one: Finding | undefined, other: Finding): boolean {
  return one !== undefined && (one.connections ?? Infinity) <= (other.connections ?? Infinity);
}

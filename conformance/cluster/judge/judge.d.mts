/** A call that a poster made, and what it was answered. */
export interface ClusterCall {
  readonly number: number;
  /** The node that was asked: four hexadecimal digits. */
  readonly node: string;
  /** The clients that are selected; undefined: all of them. */
  readonly room?: string;
  /** Any clock, the same for the whole run. */
  readonly sentAtMs: number;
  /** undefined: the connection broke before an answer. */
  readonly answeredAtMs: number | undefined;
  /** Undefined without an answer. */
  readonly status: number | undefined;
  readonly count: number;
  /** Nodes in `Wsg-Incomplete`; `*` for all others. */
  readonly silent: readonly string[];
  /** The count of each node, where the call asked for them. */
  readonly perNode?: Readonly<Record<string, number>>;
  /** Time by which the machine may have delayed the answer. */
  readonly allowanceMs: number;
}

/** A connection of a test client. */
export interface ClusterClient {
  readonly name: string;
  readonly node: string;
  /** Which start of the node it was with, from 0. */
  readonly boot: number;
  readonly room: string;
  readonly openedAtMs: number;
  /** When it sent its close frame; Infinity if it did not, or if the transport delivers all until then. */
  readonly leftAtMs: number;
  /** Infinity for one that was open at the end. */
  readonly closedAtMs: number;
  /** Ended without a close handshake. */
  readonly isCut: boolean;
  /** Numbers of the calls whose message it got, in order. */
  readonly received: readonly number[];
  /** Numbers 1 to this were handed to the socket. */
  readonly written: number;
  readonly isClosedCleanly: boolean;
}

/** A fault of the run. */
export interface ClusterFault {
  readonly kind: string;
  /** Nodes that it touched. */
  readonly nodes: readonly string[];
  /** Whether the nodes themselves could not answer HTTP. */
  readonly stopsNodes: boolean;
  readonly startMs: number;
  /** When the harness had undone it. */
  readonly undoneMs: number;
  /** Once everything was well again. */
  readonly endMs: number;
}

/** An event as the sinks' broker has it. */
export interface ClusterEvent {
  readonly id: string;
  readonly connection: string;
  readonly action: 'open' | 'message' | 'close';
  readonly message?: string;
}

export interface ClusterRun {
  readonly calls: readonly ClusterCall[];
  readonly clients: readonly ClusterClient[];
  readonly faults: readonly ClusterFault[];
  readonly events: readonly ClusterEvent[];
  readonly deadlineMs: number;
}

export function judge(run: ClusterRun): {
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
};

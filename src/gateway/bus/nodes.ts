/** One node of the cluster, as another program sees it. */
export interface NodeStatus {
  /** Four hexadecimal digits, as at the end of the ids of its connections. */
  readonly node: string;
  /** When it started, in milliseconds since the Unix epoch. */
  readonly boot: number;
  /** Version of wsg. */
  readonly version: string;
  /** The first word of its `/readyz`. */
  readonly state: string;
  readonly connections: number;
  /** Number of its processes that hold connections. */
  readonly workers: number;
  /** `host:port` of its internal API, if it advertises one. */
  readonly address: string | undefined;
  /** Time since its last beat or answer, in milliseconds; 0 for the node that is asked. */
  readonly lastHeardMs: number;
  /** Whether it missed a deadline and has not been heard since: calls do not wait for it. */
  readonly suspect: boolean;
  /** Whether it is the node that is asked. */
  readonly own: boolean;
}

/** The nodes that a node knows, itself included. */
export interface NodeDirectory {
  /** Sorted by node. */
  nodes(): readonly NodeStatus[];
}

/** What a client did with one connection. */
export interface ChaosSession {
  readonly name: string;
  /** Numbers 1 to this were handed to the socket. */
  readonly written: number;
  readonly isClosedCleanly: boolean;
  /** Which start of the gateway it was with, from 0. */
  readonly boot: number;
  /** Any clock, the same as that of the kills. */
  readonly closedAtMs: number;
  /** Ended without a close handshake. */
  readonly isCut?: boolean;
}

/** What was done to the workers of a gateway, and how attempts to connect went. */
export interface ChaosWorkers {
  readonly kills: readonly { readonly worker: number; readonly killedAtMs: number; readonly goneAtMs: number }[];
  /** Times in which the whole gateway was stopped and started. */
  readonly downtimes: readonly { readonly fromMs: number; readonly toMs: number }[];
  readonly dials: readonly { readonly startedAtMs: number; readonly endedAtMs: number; readonly isOpen: boolean }[];
}

/** An event as the broker has it. */
export interface ChaosEvent {
  readonly id: string;
  readonly connection: string;
  readonly action: 'open' | 'message' | 'close';
  readonly message?: string;
}

export interface ChaosRun {
  readonly sessions: readonly ChaosSession[];
  readonly events: readonly ChaosEvent[];
  readonly boots: readonly { readonly killedAtMs: number | undefined }[];
  readonly mayLoseEnds: boolean;
  readonly workers?: ChaosWorkers;
}

export function judge(run: ChaosRun): {
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
};

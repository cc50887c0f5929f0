/** What a client did with one connection. */
export interface ChaosSession {
  readonly name: string;
  /** Numbers 1 to this were handed to the socket. */
  readonly written: number;
  readonly isClosedCleanly: boolean;
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
  readonly mayLoseEnds: boolean;
}

export function judge(run: ChaosRun): {
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
};

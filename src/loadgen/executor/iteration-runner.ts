/** One iteration as its executor gives it to a virtual user. */
export interface IterationTicket {
  /** When it was due, by the run's clock; for a looping virtual user the moment at which it begins. */
  readonly dueMs: number;
  /** Which iteration of the scenario it is, from 0, over all threads (k6's `exec.scenario.iterationInTest`). */
  readonly iterationInTest: number;
  /** The same within what this process runs of the plan (`iterationInInstance`). */
  readonly iterationInInstance: number;
}

/** Runs the iterations of virtual users; what they do is no business of the executor. */
export interface IterationRunner {
  /** Runs one iteration of the scenario's virtual user (from 0 within this thread's share) to its end; true when complete, false when it was interrupted. Never rejects. */
  iterate(user: number, ticket: IterationTicket): Promise<boolean>;
  /** Ends the iteration of one virtual user as soon as can be; nothing when none is under way. */
  interrupt(user: number): void;
  /** Ends every iteration under way as soon as can be. */
  interruptAll(): void;
}

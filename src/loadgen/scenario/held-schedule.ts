const SECOND_MS = 1000;
/** Virtual users end a little later than their executor stops to begin iterations, so that none begins another one. */
const BEHIND_EXECUTOR_MS = 5;
/** So many connections are closed in a millisecond: thousands at once would hold the thread for longer than anything of the run did. */
const CLOSES_PER_MS = 2;

/** What a schedule follows from. */
export interface HeldScheduleOptions {
  /** How long virtual users hold their connections. */
  readonly durationMs: number;
  /** Connections a second, all virtual users together; 0 for all at once. */
  readonly connectRate: number;
}

/** When the virtual users of a scenario connect and when their time is up, by the clock of their thread. */
export class HeldSchedule {
  private start: number | undefined;

  constructor(private readonly options: HeldScheduleOptions) {}

  /** The first virtual user of the scenario begins; later calls change nothing. */
  begin(nowMs: number): void {
    this.start ??= nowMs;
  }

  get startMs(): number {
    return this.start ?? 0;
  }

  get endMs(): number {
    return this.startMs + this.options.durationMs + BEHIND_EXECUTOR_MS;
  }

  /** When the virtual user with this number closes its connection. */
  closeAtMs(vu: number): number {
    return this.endMs + (vu - 1) / CLOSES_PER_MS;
  }

  /** When the virtual user with this number (from 1, over all threads) dials first. */
  connectAtMs(vu: number): number {
    const { connectRate } = this.options;
    return connectRate === 0 ? this.startMs : this.startMs + ((vu - 1) * SECOND_MS) / connectRate;
  }
}

/** What a long run has: twenty trends with 2,000 samples a second by default. */
export interface LongRunOptions {
  readonly series?: readonly string[];
  readonly samples?: number;
  /** Replacements of keys of the header. */
  readonly changes?: Readonly<Record<string, unknown>>;
}

/** Writes a run file of so many seconds. */
export function writeLongRun(path: string, seconds: number, options?: LongRunOptions): Promise<void>;

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/** How long to wait after so many failures in a row (from 1): 100 ms, doubled each time, at most 5 s. */
export function backoffMs(failures: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 30));
}

/** Says whether a virtual user may begin one more iteration; one implementation for each of k6's executors. */
export interface IterationSource {
  /** Takes an iteration for the virtual user (from 1) and returns true, or false when there is none left for it. */
  take(vu: number): boolean;
  /** How many iterations there are in all; undefined when time alone is the limit. */
  readonly total: number | undefined;
}

export interface Difference {
  readonly script: string;
  readonly fact: string;
  readonly k6: string | undefined;
  readonly wsg: string | undefined;
  /** The sentence that explains it; undefined when nothing does. */
  readonly why: string | undefined;
}

export interface Comparison {
  readonly agreed: number;
  readonly differences: readonly Difference[];
}

export function compareFacts(
  name: string,
  k6: ReadonlyMap<string, string>,
  wsg: ReadonlyMap<string, string>,
): Comparison;

/** A kind of pair with a known truth. */
export interface Cell {
  readonly name: string;
}

export const CELLS: readonly Cell[];

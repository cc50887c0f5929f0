import { COUNTS_LENGTH } from '../../../core/histogram/histogram-layout.js';

/** Edges round each quantile. */
const EDGES = 64;
/** How far on the logistic scale they reach round it: from .83 to .9995 for p99. */
const REACH = 2.5;
/** Edges over all that there is, so that no quantile is beyond all of them. */
const SPARSE_EDGES = 19;
const SPARSE_REACH = 9;
/**
 * As far as quantiles of the seconds that are looked at may be off from those that edges were laid
 * for.
 */
const MOST_OFF = 1;
const LEAST_SHARE = 1e-9;

/** The edges of one quantile. */
export interface QuantileEdges {
  /** Places in `edges` of the grid, ascending. */
  readonly rows: readonly number[];
  /** The place of that at which the quantile was expected, and what share of all lies up to it. */
  readonly centre: number;
  readonly share: number;
}

/**
 * Places in the layout of histograms at which samples are counted: dense round the quantiles that
 * are wanted, sparse elsewhere. A second of an hour then is a few dozen numbers and not thousands
 * of buckets.
 */
export class QuantileGrid {
  /**
   * Ascending. A row holds what lies up to its edge and beyond that of the row before; one more row
   * what lies beyond all.
   */
  readonly edges: readonly number[];
  /** The row of each place in the layout. */
  readonly groups: Uint16Array;
  readonly #byQuantile: ReadonlyMap<number, QuantileEdges>;

  /** `expected` are the counts by place that edges are laid for. */
  constructor(expected: Float64Array, quantiles: readonly number[]) {
    const total = expected.reduce((sum, count) => sum + count, 0);
    const sparse = placesOf(expected, total, levels(0, SPARSE_REACH, SPARSE_EDGES));
    const dense = quantiles.map((quantile) => placesOf(expected, total, levels(logit(quantile), REACH, EDGES)));
    this.edges = [...new Set([...sparse, ...dense.flat()])].toSorted((a, b) => a - b);
    this.groups = groupsOf(this.edges);
    const upTo = cumulated(expected, this.edges);
    const rowOf = new Map(this.edges.map((edge, row) => [edge, row]));
    this.#byQuantile = new Map(
      quantiles.map((quantile, at) => {
        const own = [...new Set([...sparseBeside(sparse, dense[at] ?? []), ...(dense[at] ?? [])])];
        const rows = own.toSorted((a, b) => a - b).map((edge) => rowOf.get(edge) ?? 0);
        const centre = rows.find((row) => (upTo[row] ?? 0) >= quantile * total) ?? this.edges.length - 1;
        return [quantile, { rows, centre, share: (upTo[centre] ?? 0) / total }];
      }),
    );
  }

  get quantiles(): readonly number[] {
    return [...this.#byQuantile.keys()];
  }

  /** Throws for a quantile that the grid was not made for. */
  edgesOf(quantile: number): QuantileEdges {
    const edges = this.#byQuantile.get(quantile);
    if (edges === undefined) throw new Error(`seconds were not counted for the quantile ${quantile}`);
    return edges;
  }

  /** Whether edges that were laid for one share of samples are dense round another one, too. */
  static isNear(share: number, other: number): boolean {
    return Math.abs(logit(share) - logit(other)) <= MOST_OFF;
  }
}

function logit(share: number): number {
  const inside = Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, share));
  return Math.log(inside / (1 - inside));
}

function levels(centre: number, reach: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, edge) => {
    const at = centre - reach + (2 * reach * edge) / (count - 1);
    return 1 / (1 + Math.exp(-at));
  });
}

/** Places up to which so many shares of all samples lie. */
function placesOf(counts: Float64Array, total: number, shares: readonly number[]): readonly number[] {
  const places: number[] = [];
  let seen = 0;
  let level = 0;
  for (let index = 0; index < counts.length && level < shares.length; index += 1) {
    seen += counts[index] ?? 0;
    let isEdge = false;
    for (; level < shares.length && seen >= (shares[level] ?? 1) * total && seen > 0; level += 1) isEdge = true;
    if (isEdge) places.push(index);
  }
  return places;
}

/**
 * Sparse edges below and above the dense ones: between them they would only change what lies there.
 */
function sparseBeside(sparse: readonly number[], dense: readonly number[]): readonly number[] {
  const [first = 0, last = 0] = [dense[0], dense.at(-1)];
  return sparse.filter((edge) => edge < first || edge > last);
}

function groupsOf(edges: readonly number[]): Uint16Array {
  const groups = new Uint16Array(COUNTS_LENGTH).fill(edges.length);
  edges.forEach((edge, row) => groups.fill(row, row === 0 ? 0 : (edges[row - 1] ?? 0) + 1, edge + 1));
  return groups;
}

function cumulated(counts: Float64Array, edges: readonly number[]): readonly number[] {
  let seen = 0;
  let index = 0;
  return edges.map((edge) => {
    for (; index <= edge; index += 1) seen += counts[index] ?? 0;
    return seen;
  });
}

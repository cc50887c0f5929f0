import { COUNTS_LENGTH } from '../../../core/histogram/histogram-layout.js';

/** Number of edges around each quantile. */
const EDGES = 64;
/** Their range around it on the logistic scale: from .83 to .9995 for p99. */
const REACH = 2.5;
/** Number of edges over the whole range, so that no quantile is beyond all of them. */
const SPARSE_EDGES = 19;
const SPARSE_REACH = 9;
/**
 * Largest distance on the logistic scale between the quantile of the evaluated seconds and the one
 * that the edges were placed for.
 */
const MOST_OFF = 1;
const LEAST_SHARE = 1e-9;

/** The edges of one quantile. */
export interface QuantileEdges {
  /** Indices into `edges` of the grid, ascending. */
  readonly rows: readonly number[];
  /** The row at which the quantile was expected, and the share of samples up to it. */
  readonly centre: number;
  readonly share: number;
}

/**
 * Bucket indices of histograms at which samples are counted: dense around the wanted quantiles,
 * sparse elsewhere. A second then takes a few dozen numbers instead of thousands of buckets.
 */
export class QuantileGrid {
  /**
   * Ascending. A row counts the samples up to its edge and above that of the row before; one more
   * row counts those above all edges.
   */
  readonly edges: readonly number[];
  /** The row of each bucket of the layout. */
  readonly groups: Uint16Array;
  readonly #byQuantile: ReadonlyMap<number, QuantileEdges>;

  /** `expected` are the counts by bucket that the edges are placed for. */
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

  /** Whether edges that were placed for one share of samples are dense around another one, too. */
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

/** Bucket indices up to which these shares of all samples lie. */
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

/** Sparse edges below and above the dense ones; among the dense ones they are redundant. */
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

import { Histogram } from '../../core/histogram/histogram.js';
import type { RunOutline } from '../../run-file/index.js';
import type { Comparison, Gate } from '../compare/comparison.js';
import { judgeGates } from '../compare/gates/judge-gates.js';
import { loadRun, type LoadedRun, type Sides } from '../compare/seconds/loaded-run.js';
import type { LoadedComparison } from '../compare/compare-runs.js';
import type { Run } from '../../run-file/records.js';
import { readRunCurves, type Curve, type RunCurves } from './run-curves.js';

const STEPS_A_NINE = 16;
const MOST_NINES = 6;

/** A distribution as HdrHistogram draws it: `x` is the number of nines, log10(1 / (1 - q)). */
export interface SpectrumPoints {
  readonly nines: readonly number[];
  readonly ms: readonly number[];
}

/**
 * The distribution of a trend over all of these runs; undefined when none has samples. The last
 * nine has ten samples above it.
 */
export function spectrumOf(runs: readonly RunOutline[], series: string): SpectrumPoints | undefined {
  const whole = new Histogram();
  for (const { end } of runs) {
    const histogram = end.totals.trends[series]?.histograms.response;
    if (histogram !== undefined) whole.add(histogram);
  }
  if (whole.count === 0) return undefined;
  const last = Math.min(MOST_NINES, Math.log10(Math.max(10, whole.count)));
  const nines = Array.from({ length: Math.floor(last * STEPS_A_NINE) + 1 }, (_, step) => step / STEPS_A_NINE);
  return { nines, ms: nines.map((nine) => Number(whole.quantile(1 - 10 ** -nine).toPrecision(4))) };
}

const QUANTILES = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];

/**
 * The change of each quantile of a trend: a shift function (Doksum 1974; Wilcox 1995) in ratios,
 * with the same interval as for gates.
 */
export interface QuantileShift {
  readonly series: string;
  readonly quantiles: readonly number[];
  /** New against base: .1 is 10 % more; null if it cannot be computed. */
  readonly change: readonly (number | null)[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/**
 * Computes the shifts of series for comparable runs. Reads the runs again, since they were counted
 * for other quantiles.
 */
export async function quantileShifts(
  sides: Sides,
  names: readonly string[],
  settings: Comparison['settings'],
): Promise<readonly QuantileShift[]> {
  const gates = new Map(names.map((series) => [series, gatesOf(series, settings)]));
  const options = { gates: [...gates.values()].flat(), warmupMs: settings.warmupMs };
  const load = (runs: readonly LoadedRun[]): Promise<LoadedRun[]> =>
    Promise.all(runs.map(({ path }) => loadRun(path, options)));
  const counted = { base: await load(sides.base), next: await load(sides.next) };
  return [...gates].map(([series, own]) => {
    // Whether the runs are comparable was decided before; only the figures are needed here.
    const results = judgeGates(counted, own, settings, {
      blocking: [],
      hasNewStalls: false,
      strain: { base: false, next: false },
    });
    return {
      series,
      quantiles: QUANTILES,
      change: results.map(({ change }) => change),
      low: results.map(({ interval }) => interval?.low ?? null),
      high: results.map(({ interval }) => interval?.high ?? null),
    };
  });
}

function gatesOf(series: string, settings: Comparison['settings']): readonly Gate[] {
  return QUANTILES.map((quantile) => ({
    text: '',
    series,
    aggregate: { type: 'quantile', quantile },
    worse: 'up',
    budget: settings.defaultBudget,
    origin: 'default',
  }));
}

/** Trends that come first on a page. */
const FIRST_SERIES = ['ws_rtt', 'ws_delivery', 'ws_ping', 'ws_connecting', 'http_req_duration'];

/** A run, or a side of a comparison, on a page. */
export interface PageRun {
  readonly label: string;
  readonly times: readonly number[];
  readonly health: readonly number[];
}

/** One line of a chart over time: the index of its run, and its values. */
export interface PageLine {
  readonly run: number;
  readonly line: string;
  readonly values: readonly (number | null)[];
}

export interface PageChart {
  readonly group: Curve['group'];
  readonly title: string;
  readonly lines: readonly PageLine[];
}

/** Input of the page's script. */
export interface PageData {
  readonly runs: readonly PageRun[];
  readonly spectra: readonly { readonly series: string; readonly runs: readonly (SpectrumPoints | null)[] }[];
  readonly shifts: readonly QuantileShift[];
  readonly charts: readonly PageChart[];
}

/** Reads the data of a page about one run, and the run. */
export async function dataOfRun(path: string): Promise<{ readonly data: PageData; readonly run: Run }> {
  const curves = await readRunCurves(path);
  const { run, times, health } = curves;
  const runs = [{ label: run.header.scenario, times, health }];
  return { data: { runs, spectra: spectraOf([[run]]), shifts: [], charts: chartsOf([curves]) }, run };
}

/**
 * Reads the data of a page about a comparison: the distributions of the sides, and the middle run
 * of each side over time.
 */
export async function dataOfComparison({ comparison, sides }: LoadedComparison): Promise<PageData> {
  const middles = [sides.base, sides.next].map((runs) => runs[Math.floor((runs.length - 1) / 2)]?.path ?? '');
  const curves: RunCurves[] = [];
  // Read one after the other, since each takes three numbers per second and trend, and the file's
  // text while it is read.
  for (const path of middles) curves.push(await readRunCurves(path));
  const runs = curves.map(({ times, health }, side) => ({ label: side === 0 ? 'base' : 'new', times, health }));
  const spectra = spectraOf([sides.base.map(({ run }) => run), sides.next.map(({ run }) => run)]);
  const judged = comparison.gates.filter(({ verdict }) => verdict !== 'invalid' && verdict !== 'unjudged');
  const gated = [...new Set(judged.map(({ gate }) => gate.series))];
  const drawn = gated.filter((series) => spectra.some((spectrum) => spectrum.series === series));
  const shifts = await quantileShifts(sides, drawn, comparison.settings);
  return { runs, spectra, shifts, charts: chartsOf(curves) };
}

function spectraOf(sides: readonly (readonly RunOutline[])[]): PageData['spectra'] {
  const names = new Set(sides.flat().flatMap(({ end }) => Object.keys(end.totals.trends)));
  return [...names].toSorted(byImportance).flatMap((series) => {
    const runs = sides.map((runs) => spectrumOf(runs, series) ?? null);
    return runs.every((points) => points === null) ? [] : [{ series, runs }];
  });
}

/** Groups the lines of all runs by chart. */
function chartsOf(runs: readonly RunCurves[]): PageChart[] {
  const charts = new Map<string, { group: Curve['group']; title: string; lines: PageLine[] }>();
  runs.forEach(({ curves }, run) => {
    for (const { group, chart, line, values } of curves) {
      const known = charts.get(chart) ?? { group, title: chart, lines: [] };
      charts.set(chart, known);
      known.lines.push({ run, line, values });
    }
  });
  return [...charts.values()].toSorted((one, other) => byImportance(one.title, other.title));
}

function byImportance(one: string, other: string): number {
  const rank = (name: string): number => {
    const at = FIRST_SERIES.findIndex((first) => name.startsWith(first));
    return at < 0 ? FIRST_SERIES.length : at;
  };
  return rank(one) - rank(other) || (one < other ? -1 : 1);
}

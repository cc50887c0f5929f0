import type { Stall } from './comparison.js';
import type { LoadedRun } from './loaded-run.js';

/** A second with less than this share of what the seconds of the run usually have is a stall. */
const STALL_SHARE = 0.1;
/** Of slower traffic nothing can be said. */
const LEAST_USUAL = 5;
const MOST_TOLD = 5;

/** Seconds in which next to nothing was counted of a series that else has samples all the time. */
export function findStalls(side: Stall['side'], run: LoadedRun, series: readonly string[]): readonly Stall[] {
  return series.flatMap((name) => {
    const counts = countsOf(name, run);
    const usual = counts.toSorted((a, b) => a - b)[Math.floor(counts.length / 2)] ?? 0;
    if (usual < LEAST_USUAL) return [];
    return counts
      .flatMap((count, index) => (count < usual * STALL_SHARE ? [stall(side, run, { name, count, usual, index })] : []))
      .slice(0, MOST_TOLD);
  });
}

function stall(
  side: Stall['side'],
  run: LoadedRun,
  {
    name,
    count,
    usual,
    index,
  }: { readonly name: string; readonly count: number; readonly usual: number; readonly index: number },
): Stall {
  const second = run.from + index;
  const text = `second ${second + 1}: ${count} samples of ${name}, where ${usual} are usual`;
  return { side, path: run.path, series: name, second, text };
}

function countsOf(series: string, run: LoadedRun): readonly number[] {
  const seconds = run.run.seconds.slice(run.from, run.to);
  const isCounter = seconds.some(({ counters }) => series in counters);
  return seconds.map(({ counters, trends }) => (isCounter ? (counters[series] ?? 0) : (trends[series]?.count ?? 0)));
}

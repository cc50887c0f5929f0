import type { Stall } from '../comparison.js';
import type { LoadedRun } from './loaded-run.js';
import type { SecondFigures } from './second-columns.js';

/** A second with less than this share of the usual count is silent. */
const SILENT_SHARE = 0.1;
/** Below this usual count, single seconds are not judged. */
const LEAST_USUAL = 5;
/**
 * Silence of slow traffic counts from the time of this many usual samples, and from this many
 * seconds.
 */
const SILENT_SAMPLES = 10;
const SILENT_SECONDS = 3;
/** The usual count is the median of this many last good seconds. */
const RECENT = 10;
const LEAST_RECENT = 4;
/**
 * Part of a second is missing if an answer took at least this long, and this many times the usual
 * maximum.
 */
const WAIT_MS = 300;
const WAIT_TIMES = 5;
/**
 * The part of a second that must be missing from the counts, of one second or of two neighbours
 * together.
 */
const MISSING = 0.4;
const LEAST_MISSING = 0.1;
const STANDARD_ERRORS = 6;
const MOST_TOLD = 5;
/** Metrics with bursts by nature: their usual count is the median of all seconds. */
const BURSTS =
  /^(ws_(re)?connecting|ws_session_duration|ws_sessions|iteration_duration|iterations|http_req_(blocked|connecting|tls_handshaking))(\{|$)/;

/**
 * Finds periods of a series in which nothing was answered, or part of a second was lost. Quantiles
 * do not show them.
 */
export function findStalls(side: Stall['side'], run: LoadedRun, series: readonly string[]): readonly Stall[] {
  return series.flatMap((name) => {
    const seconds = secondsOf(name, run);
    if (seconds === undefined) return [];
    const usual = usualOf(name, seconds);
    const found = [...silences(seconds, usual), ...slowSilence(seconds, usual), ...parts(seconds, usual)];
    return found.slice(0, MOST_TOLD).map(({ at, length, isPart, said }) => ({
      side,
      path: run.path,
      series: name,
      second: run.from + at,
      seconds: length,
      isPart,
      text: `${whenOf(run.from + at, length)}: ${said.replace('#', name)}`,
    }));
  });
}

/** The number of silent seconds: the largest of any series. */
export function silentSeconds(stalls: readonly Stall[]): number {
  const bySeries = new Map<string, number>();
  for (const { series, seconds, isPart } of stalls) {
    if (!isPart) bySeries.set(series, (bySeries.get(series) ?? 0) + seconds);
  }
  return Math.max(0, ...bySeries.values());
}

interface Found {
  readonly at: number;
  readonly length: number;
  readonly isPart: boolean;
  readonly said: string;
}

interface Seconds {
  readonly counts: readonly number[];
  /** For times: the maximum and the sum of each second, in milliseconds. */
  readonly times: Omit<SecondFigures, 'counts'> | undefined;
  /** Virtual users at the end of each second, if the run has them. */
  readonly vus: readonly number[] | undefined;
}

/** The usual count of each second; undefined while there is none yet. */
type Usual = readonly (number | undefined)[];

function secondsOf(series: string, run: LoadedRun): Seconds | undefined {
  const counter = run.seconds.counter(series, run);
  const trend = run.seconds.trend(series, run);
  const counts = counter ?? trend?.counts;
  if (counts === undefined) return undefined;
  return { counts, times: trend, vus: run.seconds.gauge('vus', run) };
}

/**
 * The usual count follows the last good seconds, so that traffic that never returns stays missing.
 * With fewer virtual users it is lower.
 */
function usualOf(series: string, { counts, vus }: Seconds): Usual {
  const whole = median(counts);
  if (BURSTS.test(series)) return counts.map(() => (whole >= LEAST_USUAL ? whole : undefined));
  const recentCounts = new RecentValues();
  const recentUsers = new RecentValues();
  return counts.map((count, second) => {
    const users = vus?.[second] ?? 1;
    const isKnown = recentCounts.length >= LEAST_RECENT;
    const level = isKnown ? steadyLevel(recentCounts) : whole;
    const usersThen = isKnown ? recentUsers.quantile(1 / 2) : users;
    const usual = level === undefined ? undefined : level * Math.min(1, usersThen > 0 ? users / usersThen : 1);
    if (usual === undefined || count >= usual * SILENT_SHARE) {
      recentCounts.push(count);
      recentUsers.push(users);
    }
    return usual;
  });
}

/** The last values, also kept in ascending order: sorting them for each second would take longer. */
class RecentValues {
  readonly #byTime: number[] = [];
  readonly #sorted: number[] = [];

  get length(): number {
    return this.#byTime.length;
  }

  push(value: number): void {
    const at = this.#sorted.findIndex((other) => other > value);
    this.#sorted.splice(at < 0 ? this.#sorted.length : at, 0, value);
    this.#byTime.push(value);
    if (this.#byTime.length <= RECENT) return;
    const [oldest = 0] = this.#byTime.splice(0, 1);
    this.#sorted.splice(this.#sorted.indexOf(oldest), 1);
  }

  /** The value below which this share of the values lies; 0 without values. */
  quantile(share: number): number {
    return this.#sorted[Math.floor(this.#sorted.length * share)] ?? 0;
  }
}

/** The median of counts without bursts; undefined with bursts. */
function steadyLevel(counts: RecentValues): number | undefined {
  const middle = counts.quantile(1 / 2);
  return counts.quantile(1 / 4) * 2 >= middle ? middle : undefined;
}

function silences({ counts }: Seconds, usual: Usual): readonly Found[] {
  const isSilent = counts.map((count, second) => {
    const wanted = usual[second] ?? 0;
    return wanted >= LEAST_USUAL && count < wanted * SILENT_SHARE;
  });
  return stretches(isSilent).map(({ at, length }) => {
    const count = counts.slice(at, at + length).reduce((sum, one) => sum + one, 0);
    const wanted = rounded(usual[at] ?? 0);
    const each = length === 1 ? `instead of the usual ${wanted}` : `instead of the usual ${wanted} per second`;
    return { at, length, isPart: false, said: `${count} samples of # ${each}` };
  });
}

/** Finds long silence of series with few samples per second. */
function slowSilence({ counts }: Seconds, usual: Usual): readonly Found[] {
  let longestBefore = 0;
  return stretches(counts.map((count) => count === 0)).flatMap(({ at, length }) => {
    const rate = counts.slice(0, at).reduce((sum, one) => sum + one, 0) / Math.max(1, at);
    const isFast = (usual[at] ?? 0) >= LEAST_USUAL;
    const isLong = length >= Math.max(SILENT_SECONDS, SILENT_SAMPLES / rate) && length > 3 * longestBefore;
    longestBefore = Math.max(longestBefore, length);
    if (isFast || rate >= LEAST_USUAL || at < RECENT || !isLong) return [];
    return [{ at, length, isPart: false, said: `no sample of #, usually one every ${(1 / rate).toFixed(1)} s` }];
  });
}

/**
 * Finds seconds of which a part is missing, by the longest wait, or by the counts if the series has
 * no times.
 */
function parts(seconds: Seconds, usual: Usual): readonly Found[] {
  const { counts, times } = seconds;
  const isSilent = (second: number): boolean => (counts[second] ?? 0) < (usual[second] ?? 0) * SILENT_SHARE;
  if (times === undefined) return missingParts(counts, usual, isSilent);
  const { maxima, sums } = times;
  const usualMax = median(maxima);
  const usualMean = median(sums.map((sum, second) => sum / Math.max(1, counts[second] ?? 0)));
  const excess = sums.map((sum, second) => sum - (counts[second] ?? 0) * usualMean);
  return maxima.flatMap((max, at) => {
    const wanted = usual[at] ?? 0;
    if (max < WAIT_MS || max < usualMax * WAIT_TIMES || wanted < LEAST_USUAL || isSilent(at) || isSilent(at - 1))
      return [];
    // If work continues to arrive during the wait, it waits half of it on average.
    const hasQueued = (excess[at] ?? 0) >= 0.3 * ((wanted * max) / 1000) * (max / 2);
    const isMissing = [at - 1, at].some((second) => (counts[second] ?? wanted) < wanted * (1 - MISSING / 2));
    if (!hasQueued && !isMissing) return [];
    const said = `a wait of ${rounded(max)} ms in #, where the usual maximum of a second is ${rounded(usualMax)} ms`;
    return [{ at, length: 1, isPart: true, said }];
  });
}

function missingParts(
  counts: readonly number[],
  usual: Usual,
  isSilent: (second: number) => boolean,
): readonly Found[] {
  const missing = counts.map((count, second) => {
    const wanted = usual[second] ?? 0;
    return wanted >= LEAST_USUAL && !isSilent(second) ? 1 - count / wanted : 0;
  });
  const spread = Math.max(1.4826 * median(missing.map(Math.abs)), 1 / Math.sqrt(Math.max(1, median(counts))));
  return missing.flatMap((share, at) => {
    const following = missing[at + 1] ?? 0;
    const isPair = share >= LEAST_MISSING && following >= LEAST_MISSING;
    const lost = share >= MISSING ? share : isPair ? share + following : 0;
    if (lost < MISSING || lost < STANDARD_ERRORS * spread || (missing[at - 1] ?? 0) >= LEAST_MISSING) return [];
    const wanted = rounded(usual[at] ?? 0);
    const said = `${counts[at]} samples of # instead of the usual ${wanted}: about ${lost.toFixed(1)} s are missing`;
    return [{ at, length: 1, isPart: true, said }];
  });
}

function stretches(flags: readonly boolean[]): readonly { readonly at: number; readonly length: number }[] {
  const found: { at: number; length: number }[] = [];
  flags.forEach((flag, at) => {
    const last = found.at(-1);
    if (!flag) return;
    if (last !== undefined && last.at + last.length === at) last.length += 1;
    else found.push({ at, length: 1 });
  });
  return found;
}

function whenOf(second: number, length: number): string {
  return length === 1 ? `second ${second + 1}` : `seconds ${second + 1} to ${second + length}`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

import type { Run } from '../../run-file/records.js';
import type { Stall } from './comparison.js';
import { silentSeconds } from './seconds/find-stalls.js';
import type { LoadedRun } from './seconds/loaded-run.js';

/**
 * An increase of the failure rate counts if it exceeds this many standard errors, and this share.
 */
const STANDARD_ERRORS = 3;
const LEAST_SHARE = 0.001;
/** Above this share, failure is the rule. */
const MOST = 0.5;

/** A run, with or without its seconds. */
type ReadRun = Pick<LoadedRun, 'run'>;

/** A kind of failure, and its total of attempts. */
interface Failures {
  readonly name: string;
  readonly failed: (run: ReadRun) => number;
  readonly all: (run: ReadRun) => number;
  /** Whether failures leave no latencies of the server. */
  readonly leavesNoTimes?: boolean;
}

/** Failures on both sides. */
export interface CommonFailures {
  /** Failures that leave no latencies to compare. */
  readonly blocking: readonly string[];
  readonly warnings: readonly string[];
}

const counter = (run: ReadRun, name: string): number => run.run.end.totals.counters[name] ?? 0;
const rate = (run: ReadRun, name: string): { readonly passes: number; readonly fails: number } =>
  run.run.end.totals.rates[name] ?? { passes: 0, fails: 0 };

const KINDS: readonly Failures[] = [
  {
    name: 'failed checks',
    failed: (run) => rate(run, 'checks').fails,
    all: (run) => rate(run, 'checks').passes + rate(run, 'checks').fails,
  },
  {
    name: 'failed requests',
    failed: (run) => rate(run, 'http_req_failed').passes,
    all: (run) => rate(run, 'http_req_failed').passes + rate(run, 'http_req_failed').fails,
  },
  {
    name: 'lost messages',
    leavesNoTimes: true,
    failed: (run) => counter(run, 'ws_msgs_lost'),
    all: (run) => Math.max(counter(run, 'ws_msgs_sent'), counter(run, 'ws_msgs_received')),
  },
  {
    name: 'lost connections',
    failed: (run) => counter(run, 'ws_connections_lost'),
    all: (run) => counter(run, 'ws_sessions'),
  },
  {
    name: 'dropped iterations',
    failed: (run) => counter(run, 'dropped_iterations'),
    all: (run) => counter(run, 'dropped_iterations') + counter(run, 'iterations'),
  },
];

/**
 * Failures that are more frequent in the new runs, as sentences. They are a regression regardless
 * of the latencies.
 */
export function worseFailures(base: readonly LoadedRun[], next: readonly LoadedRun[]): readonly string[] {
  return KINDS.flatMap((kind) => {
    const [before, after] = [sum(base, kind.all), sum(next, kind.all)];
    const { was, is } = sharesOf(kind, base, next);
    const pooled = (was * before + is * after) / (before + after);
    const error = Math.sqrt(pooled * (1 - pooled) * (1 / before + 1 / after));
    // NaN if there were no attempts.
    if (!(is - was > Math.max(LEAST_SHARE, STANDARD_ERRORS * error))) return [];
    return [`${kind.name}: ${percent(is)} instead of ${percent(was)}`];
  });
}

/**
 * Counts that every load has. If the base has at least this many and the new runs have 0, that is
 * not due to chance.
 */
const LEAST_VOLUME = 10;
const VOLUMES: readonly (readonly [metric: string, words: string])[] = [
  ['ws_msgs_received', 'nothing was received'],
  ['ws_sessions', 'no connection was opened'],
  ['iterations', 'no iteration was completed'],
  ['http_reqs', 'no request was made'],
];

/** Counts that the base has and the new runs do not have at all, as sentences. */
export function missingVolumes(base: readonly LoadedRun[], next: readonly LoadedRun[]): readonly string[] {
  return VOLUMES.flatMap(([name, words]) => {
    const [before, after] = [sum(base, (run) => counter(run, name)), sum(next, (run) => counter(run, name))];
    return before >= LEAST_VOLUME && after === 0 ? [`${words}: ${name} 0 instead of ${before}`] : [];
  });
}

/** Scenarios that measure messages. Without any, they cannot be judged. */
const OF_MESSAGES: ReadonlySet<string> = new Set(['snapshot', 'echo', 'fan-out']);

/** Reports new runs without a message although the scenario measures messages, as sentences. */
export function emptyLoads(next: readonly ReadRun[]): readonly string[] {
  const isOfMessages = next.every(
    ({ run: { header } }) => header.scriptHash === undefined && OF_MESSAGES.has(header.scenario),
  );
  if (!isOfMessages || next.some((run) => counter(run, 'ws_msgs_received') > 0)) return [];
  return ['nothing was received in the new runs, so there is nothing to judge'];
}

/** Stalls of at least this many seconds, and this share of all evaluated seconds, are an outage. */
const OUTAGE_S = 5;
const OUTAGE_SHARE = 0.05;

/** Reports an outage of the new side that the base does not have, as a sentence. */
export function outages(
  sides: { readonly base: readonly LoadedRun[]; readonly next: readonly LoadedRun[] },
  stalls: readonly Stall[],
): readonly string[] {
  const silent = (runs: readonly LoadedRun[]): number =>
    sum(runs, ({ path }) => silentSeconds(stalls.filter((stall) => stall.path === path)));
  const looked = (runs: readonly LoadedRun[]): number => sum(runs, ({ from, to }) => to - from);
  const [was, is] = [silent(sides.base), silent(sides.next)];
  const [before, after] = [looked(sides.base), looked(sides.next)];
  const isOutage = is >= OUTAGE_S && is / after - was / Math.max(1, before) >= OUTAGE_SHARE;
  return isOutage ? [`seconds without an answer: ${is} of ${after} instead of ${was} of ${before}`] : [];
}

/**
 * Operations that mostly failed on both sides, as sentences. Nothing got worse, but the latencies
 * are mainly those of failures.
 */
export function commonFailures(base: readonly LoadedRun[], next: readonly LoadedRun[]): CommonFailures {
  const found = KINDS.flatMap((kind) => {
    const { was, is } = sharesOf(kind, base, next);
    if (!(Math.min(was, is) > MOST)) return [];
    return [{ kind, text: `${kind.name}: ${percent(was)} before and ${percent(is)} now` }];
  });
  const texts = (isBlocking: boolean): string[] =>
    found.filter(({ kind }) => (kind.leavesNoTimes ?? false) === isBlocking).map(({ text }) => text);
  return {
    blocking: texts(true),
    warnings: texts(false).map((text) => `${text}: the latencies include those of failures`),
  };
}

/**
 * Operations that mostly failed in a run, as sentences, and whether nothing was received although
 * the scenario measures messages.
 */
export function failuresOf(run: Run): readonly string[] {
  const failing = KINDS.flatMap(({ name, failed, all }) => {
    const share = failed({ run }) / all({ run });
    return share > MOST ? [`${name}: ${percent(share)}`] : [];
  });
  return [...failing, ...(emptyLoads([{ run }]).length > 0 ? ['nothing was received'] : [])];
}

function sharesOf(
  { failed, all }: Failures,
  base: readonly LoadedRun[],
  next: readonly LoadedRun[],
): { readonly was: number; readonly is: number } {
  return { was: sum(base, failed) / sum(base, all), is: sum(next, failed) / sum(next, all) };
}

function sum(runs: readonly LoadedRun[], of: (run: LoadedRun) => number): number {
  return runs.reduce((total, run) => total + of(run), 0);
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))}%`;
}

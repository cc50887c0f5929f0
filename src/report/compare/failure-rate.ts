import type { Run } from '../../run-file/records.js';
import type { Stall } from './comparison.js';
import { silentSeconds } from './seconds/find-stalls.js';
import type { LoadedRun } from './seconds/loaded-run.js';

/** More failures than these are no chance: this many standard errors, and this share of all. */
const STANDARD_ERRORS = 3;
const LEAST_SHARE = 0.001;
/** Where more than this share fails, what works is the exception. */
const MOST = 0.5;

/** A run, whatever of its seconds was read. */
type ReadRun = Pick<LoadedRun, 'run'>;

/** What can fail, and of how many. */
interface Failures {
  readonly name: string;
  readonly failed: (run: ReadRun) => number;
  readonly all: (run: ReadRun) => number;
  /** Whether the times of what failed are how long was waited, and nothing of the server's. */
  readonly leavesNoTimes?: boolean;
}

/** What failed on both sides. */
export interface CommonFailures {
  /** Of these no time can be compared. */
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
 * What fails more often in the new runs than in those of the base, in sentences: that is a
 * regression whatever the times say.
 */
export function worseFailures(base: readonly LoadedRun[], next: readonly LoadedRun[]): readonly string[] {
  return KINDS.flatMap((kind) => {
    const [before, after] = [sum(base, kind.all), sum(next, kind.all)];
    const { was, is } = sharesOf(kind, base, next);
    const pooled = (was * before + is * after) / (before + after);
    const error = Math.sqrt(pooled * (1 - pooled) * (1 / before + 1 / after));
    // Not a number where nothing could fail.
    if (!(is - was > Math.max(LEAST_SHARE, STANDARD_ERRORS * error))) return [];
    return [`${kind.name}: ${percent(is)} instead of ${percent(was)}`];
  });
}

/**
 * Of what every load has some: when the base has this much of it and the new runs none, that is no
 * chance.
 */
const LEAST_VOLUME = 10;
const VOLUMES: readonly (readonly [metric: string, words: string])[] = [
  ['ws_msgs_received', 'nothing was received'],
  ['ws_sessions', 'no connection was opened'],
  ['iterations', 'no iteration was completed'],
  ['http_reqs', 'no request was made'],
];

/** What the base did and the new runs did not do at all, in sentences. */
export function missingVolumes(base: readonly LoadedRun[], next: readonly LoadedRun[]): readonly string[] {
  return VOLUMES.flatMap(([name, words]) => {
    const [before, after] = [sum(base, (run) => counter(run, name)), sum(next, (run) => counter(run, name))];
    return before >= LEAST_VOLUME && after === 0 ? [`${words}: ${name} 0 instead of ${before}`] : [];
  });
}

/** Scenarios that are about messages: without any, nothing of them can be judged. */
const OF_MESSAGES: ReadonlySet<string> = new Set(['snapshot', 'echo', 'fan-out']);

/**
 * Why nothing could be judged at all, in sentences: no message on either side of a load that is
 * about messages.
 */
export function emptyLoads(next: readonly ReadRun[]): readonly string[] {
  const isOfMessages = next.every(
    ({ run: { header } }) => header.scriptHash === undefined && OF_MESSAGES.has(header.scenario),
  );
  if (!isOfMessages || next.some((run) => counter(run, 'ws_msgs_received') > 0)) return [];
  return ['nothing was received in the new runs, so there is nothing to judge'];
}

/** As many seconds, and this share of all that were looked at, are no stall but an outage. */
const OUTAGE_S = 5;
const OUTAGE_SHARE = 0.05;

/** Seconds in which the new side answered nothing while the base did, in a sentence. */
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
 * What mostly failed on both sides, in sentences: nothing got worse, and yet the times say little
 * of what works.
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
    warnings: texts(false).map((text) => `${text}: times of what failed are among them`),
  };
}

/**
 * What mostly failed in a run, and whether it received anything at all where its load is about
 * that, in sentences.
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

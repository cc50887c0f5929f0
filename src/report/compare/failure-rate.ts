import type { LoadedRun } from './loaded-run.js';

/** More failures than these are no chance: this many standard errors, and this share of all. */
const STANDARD_ERRORS = 3;
const LEAST_SHARE = 0.001;

/** What can fail, and of how many. */
interface Failures {
  readonly name: string;
  readonly failed: (run: LoadedRun) => number;
  readonly all: (run: LoadedRun) => number;
}

const counter = (run: LoadedRun, name: string): number => run.run.end.totals.counters[name] ?? 0;
const rate = (run: LoadedRun, name: string): { readonly passes: number; readonly fails: number } =>
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

/** What fails more often in the new runs than in those of the base, in sentences: that is a regression whatever the times say. */
export function worseFailures(base: readonly LoadedRun[], next: readonly LoadedRun[]): readonly string[] {
  return KINDS.flatMap(({ name, failed, all }) => {
    const sum = (runs: readonly LoadedRun[], of: (run: LoadedRun) => number): number =>
      runs.reduce((total, run) => total + of(run), 0);
    const [before, after] = [sum(base, all), sum(next, all)];
    if (before === 0 || after === 0) return [];
    const [was, is] = [sum(base, failed) / before, sum(next, failed) / after];
    const pooled = (was * before + is * after) / (before + after);
    const error = Math.sqrt(pooled * (1 - pooled) * (1 / before + 1 / after));
    if (is - was <= Math.max(LEAST_SHARE, STANDARD_ERRORS * error)) return [];
    return [`${name}: ${percent(is)} instead of ${percent(was)}`];
  });
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))}%`;
}

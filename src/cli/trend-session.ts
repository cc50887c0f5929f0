import { WsgError } from '../core/error.js';
import { readGates } from '../report/index.js';
import { renderTrend } from '../report/render/trend-text.js';
import { trendOfRuns } from '../report/trend/trend-runs.js';
import { readPercent } from './compare-flags.js';
import type { Output } from './output.js';
import { expandRuns } from './run-paths.js';
import { ShareProgress } from './share-progress.js';

/** One `wsg report trend` as it was typed. */
interface TrendInvocation {
  readonly flags: {
    readonly gate: readonly string[] | undefined;
    readonly 'least-change': string;
    readonly 'allow-different': readonly string[] | undefined;
    readonly json: boolean;
  };
  readonly output: Output;
}

/** Prints where the level of a figure changed in a series of runs. */
export async function printTrend(names: readonly string[], { flags, output }: TrendInvocation): Promise<void> {
  if (names.length === 0) throw new WsgError('usage', 'Which runs? Name a folder, files, a pattern or a baseline.');
  const paths = await expandRuns(names);
  const { stdout, stderr } = output;
  const progress = new ShareProgress(stderr, 'reading');
  const trend = await trendOfRuns(paths, {
    gates: readGates(flags.gate ?? [], 'flag'),
    leastChange: readPercent('least-change', flags['least-change']) ?? 0,
    allowed: (flags['allow-different'] ?? []).flatMap((keys) => keys.split(',')),
    read: (share) => progress.show(share),
  }).finally(() => progress.end());
  stdout.write(
    flags.json
      ? `${JSON.stringify(trend)}\n`
      : renderTrend(trend, { colour: stdout.useColor, columns: stdout.columns }),
  );
}

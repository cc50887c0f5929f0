import * as Flags from '@oclif/core/flags';
import { parseDuration } from '../../core/duration.js';
import { WsgError } from '../../core/error.js';

/** Flags of `wsg report` for comparisons. */
export interface CompareFlags {
  readonly baseline: readonly string[] | undefined;
  readonly against: readonly string[] | undefined;
  readonly gate: readonly string[] | undefined;
  readonly gates: string | undefined;
  readonly budget: string | undefined;
  readonly noise: string | undefined;
  readonly warmup: string | undefined;
  readonly 'allow-different': readonly string[] | undefined;
  readonly 'require-same': readonly string[] | undefined;
  readonly anchor: number | undefined;
  readonly at: readonly string[] | undefined;
  readonly strict: boolean;
  readonly format: string | undefined;
}

const helpGroup = 'COMPARING';
const several = { helpGroup, multiple: true, multipleNonGreedy: true } as const;

/** Flags that control how runs are compared. */
export const compareFlags = {
  baseline: Flags.string({
    ...several,
    helpValue: 'NAME',
    description:
      'Compare RUN with this baseline: a saved name, a file, or a pattern such as "runs/main-*.run"; may be repeated.',
  }),
  against: Flags.string({
    helpGroup,
    multiple: true,
    helpValue: 'RUN',
    description: 'Compare the runs before this flag (new) with those after it (base).',
  }),
  gate: Flags.string({
    ...several,
    helpValue: 'GATE',
    description: "Gate to judge, such as 'ws_ping p(99) < +10%' or 'checks rate > 99%'; may be repeated.",
  }),
  gates: Flags.string({
    helpGroup,
    helpValue: 'FILE',
    description: 'Read gates from this file; default: wsg.gates.yml, if it exists.',
  }),
  budget: Flags.string({ helpGroup, helpValue: 'PERCENT', description: 'Budget of the default gates; default: 10%.' }),
  noise: Flags.string({
    helpGroup,
    helpValue: 'PERCENT',
    description: 'Assumed variation between runs of one build, when one run is compared with one; default: 5%.',
  }),
  warmup: Flags.string({
    helpGroup,
    helpValue: 'DURATION',
    description: 'Exclude this much time at the beginning of each run; default: the warm-up of the run.',
  }),
  'allow-different': Flags.string({
    ...several,
    helpValue: 'KEY',
    description: 'Compare runs even if they differ in this: plan, vus, duration, target and so on; may be repeated.',
  }),
  'require-same': Flags.string({
    ...several,
    helpValue: 'KEY',
    description: 'Refuse to compare runs that differ in this: machine, node and so on; may be repeated.',
  }),
  anchor: Flags.integer({
    helpGroup,
    helpValue: 'N',
    min: 0,
    description:
      'Compare with the first N runs of a baseline as well, which reveals gradual changes; 0 for none; default: 5.',
  }),
  at: Flags.string({
    ...several,
    helpValue: 'COMMIT',
    description:
      'Use only baselines up to this commit, such as the merge base; of several commits, the first that has a run counts.',
  }),
  strict: Flags.boolean({ helpGroup, description: 'Exit with 12 if the comparison is inconclusive.' }),
  format: Flags.string({
    helpGroup,
    helpValue: 'FORMAT',
    description: 'Format on standard output: text, markdown, json, junit, csv, code-quality or html; default: text.',
  }),
} as const;

/** Flag of commands that evaluate figures without judging them. */
export const figuresFlag = Flags.string({
  helpValue: 'GATE',
  multiple: true,
  multipleNonGreedy: true,
  description: 'Evaluate the figure of this gate; default: those of the default gates; may be repeated.',
});

/** Parses a percentage to a ratio; undefined without a text. Throws `usage`. */
export function readPercent(name: 'budget' | 'noise' | 'least-change', text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const percent = /^(?<percent>\d+(?:\.\d+)?)%?$/.exec(text.trim())?.groups?.['percent'];
  const ratio = Number(percent) / 100;
  if (percent !== undefined && ratio < 10) return ratio;
  throw new WsgError('usage', `--${name} must be a percentage such as 10% (got '${text}').`);
}

/** Parses a duration to milliseconds; undefined without a text. Throws `usage`. */
export function readWarmup(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const warmupMs = parseDuration(text);
  if (warmupMs !== undefined && warmupMs >= 0) return warmupMs;
  throw new WsgError('usage', `--warmup must be a duration such as 5s (got '${text}').`);
}

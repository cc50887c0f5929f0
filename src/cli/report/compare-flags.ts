import * as Flags from '@oclif/core/flags';
import { parseDuration } from '../../core/duration.js';
import { WsgError } from '../../core/error.js';

/** What `wsg report` was told of a comparison. */
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

/** How runs are compared. */
export const compareFlags = {
  baseline: Flags.string({
    ...several,
    helpValue: 'NAME',
    description:
      'Compare RUN with these: a baseline that was saved, a file, or a pattern such as "runs/main-*.run"; may be repeated.',
  }),
  against: Flags.string({
    helpGroup,
    multiple: true,
    helpValue: 'RUN',
    description: 'Compare the runs before it, the new ones, with those behind it.',
  }),
  gate: Flags.string({
    ...several,
    helpValue: 'GATE',
    description: "What is judged: 'ws_ping p(99) < +10%', 'checks rate > 99%'; may be repeated.",
  }),
  gates: Flags.string({
    helpGroup,
    helpValue: 'FILE',
    description: 'Gates from a file; wsg.gates.yml where there is one.',
  }),
  budget: Flags.string({ helpGroup, helpValue: 'PERCENT', description: 'Of default gates; 10% by default.' }),
  noise: Flags.string({
    helpGroup,
    helpValue: 'PERCENT',
    description: 'How much runs of one build differ by luck, where one stands against one; 5% by default.',
  }),
  warmup: Flags.string({ helpGroup, helpValue: 'DURATION', description: "Leave so much of each run's beginning out." }),
  'allow-different': Flags.string({
    ...several,
    helpValue: 'KEY',
    description: 'Compare although runs differ in this: plan, vus, duration, target and so on; may be repeated.',
  }),
  'require-same': Flags.string({
    ...several,
    helpValue: 'KEY',
    description: 'Do not compare runs that differ in this although it usually may differ: machine, node and so on.',
  }),
  anchor: Flags.integer({
    helpGroup,
    helpValue: 'N',
    min: 0,
    description:
      'Compare with the first N runs of a baseline as well, so that creeping changes show; 5 by default, 0 for none.',
  }),
  at: Flags.string({
    ...several,
    helpValue: 'COMMIT',
    description:
      'Of the baselines only those up to the one of this commit, such as the merge base; of several the first that has a run.',
  }),
  strict: Flags.boolean({ helpGroup, description: 'End with 12 when a comparison is inconclusive.' }),
  format: Flags.string({
    helpGroup,
    helpValue: 'FORMAT',
    description: 'text, markdown, json, junit, csv, code-quality or html on standard output; text by default.',
  }),
} as const;

/** Which figures commands look at that judge nothing. */
export const figuresFlag = Flags.string({
  helpValue: 'GATE',
  multiple: true,
  multipleNonGreedy: true,
  description: 'Of these figures; those of the default gates unless told.',
});

/** A percentage as a ratio; undefined when it was not given. Throws `usage`. */
export function readPercent(name: 'budget' | 'noise' | 'least-change', text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const percent = /^(?<percent>\d+(?:\.\d+)?)%?$/.exec(text.trim())?.groups?.['percent'];
  const ratio = Number(percent) / 100;
  if (percent !== undefined && ratio < 10) return ratio;
  throw new WsgError('usage', `'${text}' of --${name} must be a percentage such as 10%.`);
}

/** Milliseconds; undefined when it was not given. Throws `usage`. */
export function readWarmup(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const warmupMs = parseDuration(text);
  if (warmupMs !== undefined && warmupMs >= 0) return warmupMs;
  throw new WsgError('usage', `'${text}' of --warmup must be a duration such as 5s.`);
}

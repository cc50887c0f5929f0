import * as Flags from '@oclif/core/flags';
import type { OptionFlags } from '../../loadgen/index.js';
import { labelFlag } from './run-labels.js';

/** The flags of `wsg loadtest` besides those of options. */
export const runFlags = {
  config: Flags.string({
    char: 'c',
    helpValue: 'FILE',
    description: "JSON file of options, which the script's override; k6's own config.json by default.",
  }),
  env: Flags.string({
    char: 'e',
    helpValue: 'KEY=VALUE',
    multiple: true,
    multipleNonGreedy: true,
    description: "Variable in a script's __ENV; may be repeated.",
  }),
  'allow-remote-imports': Flags.boolean({
    description: 'Let scripts import modules from http(s) URLs; each is fetched once and kept with its checksum.',
  }),
  'spawn-gateway': Flags.boolean({
    exclusive: ['url', 'gateway'],
    description:
      'Start a gateway on a free port for the run and connect to it: `wsg devhelpers` for snapshot and scripts, else `wsg serve`.',
  }),
  'spawn-echo': Flags.boolean({
    exclusive: ['url', 'spawn-gateway'],
    description: 'Start an echo server on a free port for the run and connect to it.',
  }),
  gateway: Flags.string({
    helpValue: 'URL',
    multiple: true,
    multipleNonGreedy: true,
    description:
      "Base URL of a gateway whose /metrics are read each second and printed beside the load generator's. Repeat it for each node of a cluster: the counters are added up.",
  }),
  run: Flags.string({ helpValue: 'FILE', description: 'Run file to write; runs/<time>-<scenario>.run by default.' }),
  'no-run': Flags.boolean({ exclusive: ['run'], description: 'Write no run file.' }),
  label: labelFlag,
  live: Flags.string({
    helpValue: 'MODE',
    description: "Progress to show: k6's lines (the default), or full with rates, times, thresholds and health.",
  }),
  inspect: Flags.boolean({
    description: 'Print the plan as JSON and its schedule as a chart, and run nothing; with --json only the JSON.',
  }),
  calibrate: Flags.boolean({
    description:
      'Measure the latency floor and the maximum message rate of this machine, against an echo server of its own.',
  }),
  json: Flags.boolean({
    description: 'Print the results as one JSON object to standard output, everything else to standard error.',
  }),
  'no-preflight': Flags.boolean({
    description: 'Start even if file descriptors, ports or memory may not suffice.',
  }),
  'allow-saturated': Flags.boolean({
    description: 'Exit with 0 even if the load generator was the bottleneck, as k6 does.',
  }),
  'switch-off': Flags.string({ multiple: true, multipleNonGreedy: true, hidden: true }),
} as const;

/** `wsg loadtest`'s own flags as a command line gives them; undefined: not given. */
type RunFlags = {
  readonly config?: string;
  readonly env?: readonly string[];
  readonly 'allow-remote-imports'?: boolean;
  readonly 'spawn-gateway'?: boolean;
  readonly 'spawn-echo'?: boolean;
  readonly gateway?: readonly string[];
  readonly run?: string;
  readonly 'no-run'?: boolean;
  readonly live?: string;
  readonly inspect?: boolean;
  readonly json?: boolean;
  readonly 'no-preflight'?: boolean;
  readonly 'allow-saturated'?: boolean;
  /** Switches that were given as `--name=false`. */
  readonly 'switch-off'?: readonly string[];
};

/** All flags of `wsg loadtest`. */
export type LoadtestFlags = OptionFlags & RunFlags;

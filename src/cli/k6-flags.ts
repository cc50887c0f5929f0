import * as Flags from '@oclif/core/flags';

/** What `wsg loadtest` was told with flags of k6 beside those of the load: for scripts, for the plan, or of no effect. */
export interface K6Flags {
  readonly config: string | undefined;
  readonly env: readonly string[] | undefined;
  readonly stage: readonly string[] | undefined;
  readonly tag: readonly string[] | undefined;
  readonly 'no-setup': boolean;
  readonly 'allow-remote-imports': boolean;
  readonly 'no-teardown': boolean;
  readonly 'no-thresholds': boolean;
  readonly 'record-submetric': readonly string[] | undefined;
  readonly 'min-iteration-duration': string | undefined;
  readonly 'execution-segment': string | undefined;
  readonly 'execution-segment-sequence': string | undefined;
  readonly throw: boolean;
  readonly 'system-tags': string | undefined;
  readonly 'user-agent': string | undefined;
  readonly 'insecure-skip-tls-verify': boolean;
  readonly 'block-hostnames': string | undefined;
  readonly 'discard-response-bodies': boolean;
  readonly 'no-connection-reuse': boolean;
  readonly 'no-vu-connection-reuse': boolean;
  readonly 'max-redirects': string | undefined;
  readonly batch: string | undefined;
  readonly 'batch-per-host': string | undefined;
  readonly 'include-system-env-vars': boolean;
  readonly 'no-usage-report': boolean;
  readonly address: string | undefined;
  readonly out: readonly string[] | undefined;
}

const several = { multiple: true, multipleNonGreedy: true } as const;

/** The flags of k6 that say more of a load than its size. `--help` is silent about those that only HTTP or habit knows. */
export const k6Flags = {
  config: Flags.string({
    char: 'c',
    helpValue: 'FILE',
    description: "Options as JSON, below those of the script; k6's own file where there is one.",
  }),
  env: Flags.string({
    char: 'e',
    ...several,
    helpValue: 'KEY=VALUE',
    description: 'For __ENV of scripts; may be repeated.',
  }),
  stage: Flags.string({
    char: 's',
    ...several,
    helpValue: 'DURATION:VUS',
    description: 'Ramp to so many virtual users; may be repeated.',
  }),
  tag: Flags.string({ ...several, helpValue: 'KEY=VALUE', description: 'For every sample; may be repeated.' }),
  'allow-remote-imports': Flags.boolean({
    description: 'Let scripts import modules from http(s) addresses; each is fetched once and kept with its checksum.',
  }),
  'no-setup': Flags.boolean({ description: "Leave out the script's setup()." }),
  'no-teardown': Flags.boolean({ description: "Leave out the script's teardown()." }),
  'no-thresholds': Flags.boolean({ description: 'Judge no thresholds.' }),
  'record-submetric': Flags.string({
    ...several,
    helpValue: 'METRIC{TAG:VALUE}',
    description: 'Keep a metric of these tags, too; may be repeated.',
  }),
  'min-iteration-duration': Flags.string({
    helpValue: 'DURATION',
    description: 'Fill shorter iterations up with waiting.',
  }),
  'execution-segment': Flags.string({
    helpValue: 'FROM:TO',
    description: 'Run this part of the plan alone: 0:1/4.',
  }),
  'execution-segment-sequence': Flags.string({
    helpValue: 'CUTS',
    description: 'All parts of the plan: 0,1/4,1/2,1.',
  }),
  throw: Flags.boolean({ hidden: true }),
  'system-tags': Flags.string({ hidden: true }),
  'user-agent': Flags.string({ hidden: true }),
  'insecure-skip-tls-verify': Flags.boolean({ hidden: true }),
  'block-hostnames': Flags.string({ hidden: true }),
  'discard-response-bodies': Flags.boolean({ hidden: true }),
  'no-connection-reuse': Flags.boolean({ hidden: true }),
  'no-vu-connection-reuse': Flags.boolean({ hidden: true }),
  'max-redirects': Flags.string({ hidden: true }),
  batch: Flags.string({ hidden: true }),
  'batch-per-host': Flags.string({ hidden: true }),
  'include-system-env-vars': Flags.boolean({ hidden: true }),
  'no-usage-report': Flags.boolean({ hidden: true }),
  address: Flags.string({ char: 'a', hidden: true }),
  verbose: Flags.boolean({ char: 'v', description: 'Also log lines of level debug.' }),
  'log-format': Flags.string({
    helpValue: 'FORMAT',
    description: 'logfmt, json or raw; on a terminal a short form, elsewhere logfmt by default.',
  }),
  'log-output': Flags.string({
    helpValue: 'WHERE',
    description: 'Where log lines go: stderr (the default), stdout, none or file=PATH[,level=LEVEL].',
  }),
  'console-output': Flags.string({
    helpValue: 'FILE',
    description: 'Append what scripts write with console to this file, instead of the log.',
  }),
  out: Flags.string({
    char: 'o',
    ...several,
    helpValue: 'TYPE=WHERE',
    description:
      'json=FILE, csv=FILE, prometheus[=HOST:PORT] or otlp=URL; the file - is standard output; may be repeated.',
  }),
};

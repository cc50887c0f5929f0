import * as Flags from '@oclif/core/flags';

/**
 * What `wsg loadtest` was told with flags of k6 beside those of the load: for scripts, for the
 * plan, or of no effect.
 */
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
  readonly paused: boolean;
  readonly linger: boolean;
  readonly rps: string | undefined;
  readonly 'http-debug': string | undefined;
  readonly 'no-summary': boolean;
  readonly 'profiling-enabled': boolean;
  readonly 'compatibility-mode': string | undefined;
  readonly type: string | undefined;
  readonly 'traces-output': string | undefined;
  readonly 'secret-source': readonly string[] | undefined;
  readonly 'new-machine-readable-summary': boolean;
  /** Switches that were given as `--name=false`. */
  readonly 'switch-off': readonly string[] | undefined;
  readonly out: readonly string[] | undefined;
}

const several = { multiple: true, multipleNonGreedy: true } as const;

/**
 * The flags of k6 that say more of a load than its size. `--help` is silent about those that only
 * HTTP or habit knows.
 */
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
  paused: Flags.boolean({ char: 'p', hidden: true }),
  linger: Flags.boolean({ char: 'l', hidden: true }),
  rps: Flags.string({ helpValue: 'N', description: 'HTTP requests of a script a second, at most.' }),
  'http-debug': Flags.string({
    helpValue: '[full]',
    description: 'Log HTTP requests of a script and their answers; with full also their bodies.',
  }),
  'no-summary': Flags.boolean({ hidden: true }),
  'profiling-enabled': Flags.boolean({ hidden: true }),
  'compatibility-mode': Flags.string({ hidden: true }),
  type: Flags.string({ char: 't', hidden: true }),
  'traces-output': Flags.string({ hidden: true }),
  'secret-source': Flags.string({ ...several, hidden: true }),
  'new-machine-readable-summary': Flags.boolean({ hidden: true }),
  'switch-off': Flags.string({ ...several, hidden: true }),
  throw: Flags.boolean({ char: 'w', hidden: true }),
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

/** Those that `wsg loadtest inspect` takes as well. */
export const inspectFlags = {
  env: k6Flags.env,
  'include-system-env-vars': k6Flags['include-system-env-vars'],
  'allow-remote-imports': k6Flags['allow-remote-imports'],
  'compatibility-mode': k6Flags['compatibility-mode'],
  type: k6Flags.type,
  'no-thresholds': Flags.boolean({ hidden: true }),
  'execution-requirements': Flags.boolean({
    description:
      'Also the scenarios that come of the options, how long they take at most, and how many virtual users they need.',
  }),
};

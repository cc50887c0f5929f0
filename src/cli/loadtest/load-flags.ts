import * as Flags from '@oclif/core/flags';
import type { LoadFlags } from '../../loadgen/index.js';
import { WsgError } from '../../core/error.js';
import { parseListenAddress, type ListenAddress } from '../../core/listen-address.js';
import { dialOptions, type DialFlags } from './dial-flags.js';
import type { K6Flags } from './k6-flags.js';
import type { LogFlags } from './load-log.js';
import type { SummaryFlags } from './summary-options.js';

/** What `wsg loadtest` was told of its built-in scenario. */
export interface ScenarioFlags {
  readonly rate: string | undefined;
  readonly size: string | undefined;
  readonly binary: boolean;
  readonly match: string | undefined;
  readonly 'answer-timeout': string | undefined;
  readonly 'connect-rate': string | undefined;
  readonly hold: string | undefined;
  readonly every: string | undefined;
  readonly 'publish-url': string | undefined;
  readonly 'publish-method': string | undefined;
  readonly 'publish-header': readonly string[] | undefined;
  readonly 'publish-body': string | undefined;
}

const helpGroup = 'SCENARIO';

/** The settings of built-in scenarios; which has which, the errors and docs/scenarios tell. */
export const scenarioFlags = {
  rate: Flags.string({
    helpGroup,
    helpValue: 'N',
    description: 'echo: messages a second, churn: connections, fan-out: requests; all virtual users together.',
  }),
  size: Flags.string({
    helpGroup,
    helpValue: 'BYTES',
    description: 'echo, flood, fan-out: of a message; 64 by default.',
  }),
  binary: Flags.boolean({ helpGroup, description: 'echo, flood: binary messages instead of text.' }),
  match: Flags.string({
    helpGroup,
    helpValue: 'HOW',
    description: 'echo: find the message of an answer by its id, or take answers in order; id by default.',
  }),
  'answer-timeout': Flags.string({
    helpGroup,
    helpValue: 'DURATION',
    description: 'echo, fan-out: what takes longer counts as lost; 10s by default.',
  }),
  'connect-rate': Flags.string({
    helpGroup,
    helpValue: 'N',
    description: 'Connections opened a second at the start; idle: 1000, others: all at once.',
  }),
  hold: Flags.string({
    helpGroup,
    helpValue: 'DURATION',
    description: 'churn: how long a connection lasts; 0 by default.',
  }),
  every: Flags.string({
    helpGroup,
    helpValue: 'DURATION',
    description: 'storm: from one to the next; 10s by default.',
  }),
  'publish-url': Flags.string({
    helpGroup,
    helpValue: 'URL',
    description: "fan-out: where messages are published; the target's /send?all=true by default.",
  }),
  'publish-method': Flags.string({ helpGroup, helpValue: 'METHOD', description: 'fan-out: POST by default.' }),
  'publish-header': Flags.string({
    helpGroup,
    helpValue: 'NAME:VALUE',
    multiple: true,
    multipleNonGreedy: true,
    description: 'fan-out: of the request; may be repeated.',
  }),
  'publish-body': Flags.string({
    helpGroup,
    helpValue: 'TEMPLATE',
    description: 'fan-out: {{stamp}} in it becomes what recipients know the message by, {{id}} its number.',
  }),
} as const;

/** The flags by the names of the options that they set. */
export function scenarioOptions(flags: ScenarioFlags): LoadFlags {
  return {
    rate: flags.rate,
    size: flags.size,
    binary: flags.binary ? true : undefined,
    match: flags.match,
    answerTimeout: flags['answer-timeout'],
    connectRate: flags['connect-rate'],
    hold: flags.hold,
    every: flags.every,
    publishUrl: flags['publish-url'],
    publishMethod: flags['publish-method'],
    publishHeaders: flags['publish-header'],
    publishBody: flags['publish-body'],
  };
}

/** What `wsg loadtest` was told of who is to see the run. */
export interface WatchFlags {
  readonly live?: string | undefined;
  readonly dashboard?: string | undefined;
  readonly 'summary-export'?: string | undefined;
}

const LIVE_MODES = ['lines', 'full'] as const;

/** Those of them that are no output. */
export const watchFlags = {
  live: Flags.string({
    helpValue: 'MODE',
    description: "lines: k6's progress, the default; full: also rates, response times, thresholds and health.",
  }),
  dashboard: Flags.string({
    helpValue: '[HOST:PORT]',
    description: 'Serve a page with charts of the run as it goes; on 127.0.0.1:5665 by default.',
  }),
  'summary-export': Flags.string({ helpValue: 'FILE', description: "Write the summary as k6's flat JSON, too." }),
};

/** Throws `options.invalid` with all problems at once. */
export function readWatchFlags({ live, dashboard }: WatchFlags): { readonly dashboard: ListenAddress | undefined } {
  const address = dashboard === undefined ? undefined : parseListenAddress(dashboard);
  const problems: string[] = [];
  if (live !== undefined && !LIVE_MODES.some((mode) => mode === live)) {
    problems.push(`live: '${live}' is none of ${LIVE_MODES.join(', ')}`);
  }
  if (dashboard !== undefined && address === undefined) problems.push(`dashboard: '${dashboard}' must be a host:port`);
  if (problems.length > 0) throw new WsgError('options.invalid', 'The run cannot be watched as asked.', { problems });
  return { dashboard: address };
}

/** What `wsg loadtest` was told on its command line, as texts. */
export interface LoadtestFlags extends SummaryFlags, K6Flags, WatchFlags, LogFlags, DialFlags, ScenarioFlags {
  readonly scenario: string | undefined;
  readonly vus: string | undefined;
  readonly duration: string | undefined;
  readonly iterations: string | undefined;
  readonly 'graceful-stop': string | undefined;
  readonly seed: string | undefined;
  readonly threads: string | undefined;
  readonly 'spawn-gateway': boolean;
  readonly 'spawn-echo': boolean;
  readonly gateway: string | undefined;
  readonly run: string | undefined;
  readonly 'no-run': boolean;
  readonly inspect: boolean;
  readonly 'no-preflight': boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly 'no-color': boolean;
  readonly 'allow-saturated': boolean;
}

/** Flags of k6 that are refused, ignored or hold anyway. */
function withoutEffect(
  flags: LoadtestFlags,
  given: (name: keyof LoadtestFlags) => boolean | undefined,
): Partial<LoadFlags> {
  return {
    includeSystemEnvVars: given('include-system-env-vars'),
    noUsageReport: given('no-usage-report'),
    address: flags.address,
    profilingEnabled: given('profiling-enabled'),
    paused: given('paused'),
    linger: given('linger'),
    compatibilityMode: flags['compatibility-mode'],
    type: flags.type,
    tracesOutput: flags['traces-output'],
    secretSource: flags['secret-source'],
    newMachineReadableSummary: given('new-machine-readable-summary'),
  };
}

/**
 * The flags by the names of the options that they set. A switch that was not given says nothing.
 */
export function optionFlags(flags: LoadtestFlags): LoadFlags {
  const off = flags['switch-off'] ?? [];
  const given = (name: keyof LoadtestFlags): boolean | undefined => {
    if (off.includes(name)) return false;
    return flags[name] === true ? true : undefined;
  };
  return {
    ...dialOptions(flags),
    scenario: flags.scenario,
    ...scenarioOptions(flags),
    vus: flags.vus,
    duration: flags.duration,
    iterations: flags.iterations,
    stages: flags.stage,
    gracefulStop: flags['graceful-stop'],
    seed: flags.seed,
    threads: flags.threads,
    executionSegment: flags['execution-segment'],
    executionSegmentSequence: flags['execution-segment-sequence'],
    noThresholds: given('no-thresholds'),
    recordSubmetrics: flags['record-submetric'],
    tags: flags.tag,
    minIterationDuration: flags['min-iteration-duration'],
    rps: flags.rps,
    httpDebug: flags['http-debug'],
    ...withoutEffect(flags, given),
    noSetup: given('no-setup'),
    noTeardown: given('no-teardown'),
    systemTags: flags['system-tags'],
    throw: given('throw'),
    discardResponseBodies: given('discard-response-bodies'),
    noConnectionReuse: given('no-connection-reuse'),
    noVUConnectionReuse: given('no-vu-connection-reuse'),
    maxRedirects: flags['max-redirects'],
    batch: flags.batch,
    batchPerHost: flags['batch-per-host'],
    userAgent: flags['user-agent'],
    insecureSkipTLSVerify: given('insecure') ?? given('insecure-skip-tls-verify'),
    blockHostnames: flags['block-hostnames'],
  };
}

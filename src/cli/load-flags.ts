import type { LoadFlags } from '../loadgen/index.js';
import { dialOptions, type DialFlags } from './dial-flags.js';
import type { K6Flags } from './k6-flags.js';
import type { LogFlags } from './load-log.js';
import { scenarioOptions, type ScenarioFlags } from './scenario-flags.js';
import type { WatchFlags } from './watch-flags.js';
import type { SummaryFlags } from './summary-options.js';

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

/** The flags by the names of the options that they set. A switch that was not given says nothing. */
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

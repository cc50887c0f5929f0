import { WsgError } from '../core/error.js';
import { type LoadFlags, parseLoadOptions, type Plan } from '../loadgen/index.js';
import type { K6Flags } from './k6-flags.js';
import { k6Problems } from './k6-habits.js';
import { readSummaryOptions, type SummaryFlags } from './summary-options.js';

/** What a load test has open beside its connections, roughly: streams, the run file, both event loops, the gateway's pipes. */
const OWN_FILES = 40;

/** What `wsg loadtest` was told on its command line, as texts. */
export interface LoadtestFlags extends SummaryFlags, K6Flags {
  readonly url: string | undefined;
  readonly vus: string | undefined;
  readonly duration: string | undefined;
  readonly iterations: string | undefined;
  readonly 'graceful-stop': string | undefined;
  readonly seed: string | undefined;
  readonly 'spawn-gateway': boolean;
  readonly gateway: string | undefined;
  readonly run: string | undefined;
  readonly 'no-run': boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly 'no-color': boolean;
  readonly 'allow-saturated': boolean;
}

/** A load test as asked for, checked. */
export interface LoadRequest {
  readonly plan: Plan;
  readonly summary: ReturnType<typeof readSummaryOptions>;
  readonly gatewayUrl: string | undefined;
}

/** Reads flags, arguments and environment. Throws `options.invalid` with all that is wrong in any of them. */
export function readLoadRequest(flags: LoadtestFlags, args: readonly string[], env: NodeJS.ProcessEnv): LoadRequest {
  const readers = [
    () => refuseScript(args),
    () => readPlan(flags, env),
    () => readSummaryOptions(flags, env),
    () => readGatewayUrl(flags),
  ];
  const problems = [...readers.flatMap(problemsOf), ...k6Problems(flags)];
  if (problems.length > 0) throw invalidOptions(problems);
  return {
    plan: readPlan(flags, env),
    summary: readSummaryOptions(flags, env),
    gatewayUrl: readGatewayUrl(flags),
  };
}

/** Throws `open-files.too-few` unless each virtual user can have its connection. A limit of 0 is unknown. */
export function checkOpenFiles({ maxVus, limit }: { readonly maxVus: number; readonly limit: number }): void {
  const needed = maxVus + OWN_FILES;
  if (limit === 0 || needed <= limit) return;
  const sentence = `${maxVus} virtual users need ${needed} open files, and this process may have ${limit}.`;
  throw new WsgError('open-files.too-few', sentence, {
    hint: `Raise the limit, ulimit -n ${needed}, or run fewer virtual users with --vus.`,
  });
}

/** The plan that flags and environment describe, for the target that the flags name or for `url` instead. */
export function readPlan(flags: LoadtestFlags, env: NodeJS.ProcessEnv, url = flags.url): Plan {
  const { vus, duration, iterations, seed } = flags;
  const load: LoadFlags = { url, vus, duration, iterations, gracefulStop: flags['graceful-stop'], seed };
  return parseLoadOptions(load, env);
}

/** Scripts are refused by name: this version has built-in scenarios only. k6's `run` in front is accepted. */
function refuseScript(args: readonly string[]): void {
  const [script] = args[0] === 'run' ? args.slice(1) : args;
  if (script === undefined) return;
  const sentence = `'${script}' cannot be run: scripts are not in this version of wsg; leave it out for the built-in scenario.`;
  throw new WsgError('options.invalid', sentence);
}

/** Where the gateway's counters are; undefined when nobody asked for them. */
function readGatewayUrl({ gateway }: LoadtestFlags): string | undefined {
  if (gateway === undefined) return undefined;
  if (/^https?:\/\//.test(gateway) && URL.canParse(gateway)) return gateway;
  throw new WsgError('options.invalid', `gateway: '${gateway}' is no URL such as http://127.0.0.1:5000`);
}

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof WsgError) || error.code !== 'options.invalid') throw error;
    return error.problems.length > 0 ? error.problems : [error.message];
  }
}

function invalidOptions(problems: readonly string[]): WsgError {
  const hint = '`wsg loadtest --help` shows the options and their forms.';
  const [only, ...others] = problems;
  if (only !== undefined && others.length === 0) return new WsgError('options.invalid', only, { hint });
  return new WsgError('options.invalid', `${problems.length} options are not usable:`, { problems, hint });
}

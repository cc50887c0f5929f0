import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { errorMessage, systemErrorCode, WsgError } from '../../core/error.js';
import { schemeHint, withScheme } from '../../core/missing-scheme.js';
import {
  parseOutput,
  planLoad,
  type OutputOptions,
  type Plan,
  type PlannedLoad,
  type ScriptOptions,
} from '../../loadgen/index.js';
import { optionFlags, readWatchFlags, type LoadtestFlags } from './load-flags.js';
import { readSummaryOptions } from './summary-options.js';

/** The options of a file, and where they stand. */
export interface LoadConfig {
  readonly path: string;
  readonly options: unknown;
}

/**
 * Reads the JSON file of `--config`, of WSG_CONFIG or K6_CONFIG, or k6's own; undefined when that
 * one is not there. Throws `options.invalid` when a named file cannot be read, or any is no JSON.
 */
export async function readLoadConfig(
  flag: string | undefined,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<LoadConfig | undefined> {
  const named = [flag, env.WSG_CONFIG, env.K6_CONFIG].find((path) => path !== undefined && path !== '');
  const path = named ?? defaultConfigPath(env);
  const text = await readText(path, named !== undefined);
  if (text === undefined) return undefined;
  try {
    const options: unknown = JSON.parse(text);
    return { path, options };
  } catch (cause) {
    throw new WsgError('options.invalid', `config: ${path} is no JSON: ${errorMessage(cause)}`, { cause });
  }
}

async function readText(path: string, isNamed: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (!isNamed && systemErrorCode(cause) === 'ENOENT') return undefined;
    throw new WsgError('options.invalid', `config: ${path} cannot be read: ${errorMessage(cause)}`, { cause });
  }
}

/** Where k6 keeps its options: `k6/config.json` in the folder of the user's configurations. */
function defaultConfigPath(env: Readonly<NodeJS.ProcessEnv>): string {
  const named = env.XDG_CONFIG_HOME;
  const folder = named === undefined || named === '' ? join(homedir(), '.config') : named;
  return join(folder, 'k6', 'config.json');
}

/** What besides the command line and the environment says something of a load test. */
export interface LoadFiles {
  readonly config?: LoadConfig;
  readonly script?: ScriptOptions;
}

/** A load test as asked for, checked. */
export interface LoadRequest {
  readonly plan: Plan;
  /** What has to be said of its options. */
  readonly warnings: readonly string[];
  readonly summary: ReturnType<typeof readSummaryOptions>;
  readonly gatewayUrl: string | undefined;
  /** In the order of their `--out`. */
  readonly outputs: readonly OutputOptions[];
  /** `-e KEY=VALUE`, for scripts. */
  readonly scriptEnv: Readonly<Record<string, string>>;
}

const HTTP = ['http', 'https'] as const;

/**
 * Reads flags, arguments, environment and files. Throws `options.invalid` with all that is wrong in
 * any of them.
 */
export function readLoadRequest(
  flags: LoadtestFlags,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  files: LoadFiles = {},
): LoadRequest {
  const readers = [
    () => refuseMore(args),
    () => readPlannedLoad(flags, env, files),
    () => readSummaryOptions(flags, env),
    () => readGatewayUrl(flags),
    () => readScriptEnv(flags, env),
    () => readOutputs(flags, env),
    () => readWatchFlags(flags),
  ];
  const problems = readers.flatMap(problemsOf);
  if (problems.length > 0) throw invalidOptions(problems);
  const { plan, warnings } = readPlannedLoad(flags, env, files);
  const summary = readSummaryOptions(flags, env);
  return {
    plan,
    warnings: [...warnings, ...schemeHints(flags, env)],
    summary: {
      ...summary,
      trendStats: summary.trendStats ?? plan.summary.trendStats?.join(','),
      timeUnit: summary.timeUnit ?? plan.summary.timeUnit,
    },
    gatewayUrl: readGatewayUrl(flags),
    outputs: readOutputs(flags, env),
    scriptEnv: readScriptEnv(flags, env),
  };
}

/**
 * The plan that flags, environment and files describe, for the target that the flags name or for
 * `url` instead.
 */
export function readPlannedLoad(
  flags: LoadtestFlags,
  env: NodeJS.ProcessEnv,
  files: LoadFiles & { readonly url?: string } = {},
): PlannedLoad {
  const { url, ...sources } = files;
  const options = optionFlags(flags);
  return planLoad({ flags: { ...options, url: url ?? options.url }, environment: env, ...sources });
}

/** One script at most. */
function refuseMore(args: readonly string[]): void {
  const [, ...more] = args[0] === 'run' ? args.slice(1) : args;
  if (more.length === 0) return;
  throw new WsgError('options.invalid', `one script can be run, and there is more: '${more.join("', '")}'`);
}

/** As k6 does, a key alone takes its value from the environment. */
export function readScriptEnv(
  { env: pairs = [] }: Pick<LoadtestFlags, 'env'>,
  environment: Readonly<NodeJS.ProcessEnv>,
): Readonly<Record<string, string>> {
  const wrong = pairs.filter((pair) => !/^[^=]+(=|$)/.test(pair));
  if (wrong.length > 0) throw new WsgError('options.invalid', `env: '${wrong.join("', '")}' is not KEY=VALUE`);
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key = pair, value = environment[pair] ?? ''] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      return [key, value];
    }),
  );
}

function outputTexts({ out }: Pick<LoadtestFlags, 'out'>, env: Readonly<NodeJS.ProcessEnv>): readonly string[] {
  const inEnvironment = [env.WSG_OUT, env.K6_OUT].find((text) => text !== undefined && text !== '');
  return out ?? inEnvironment?.split(',') ?? [];
}

/** Hints at addresses of HTTP that were given without a scheme. */
function schemeHints(flags: LoadtestFlags, env: Readonly<NodeJS.ProcessEnv>): string[] {
  const collectors = outputTexts(flags, env).flatMap((text) => /^otlp=(.+)$/s.exec(text)?.[1] ?? []);
  const given = [...collectors.map((url) => ['out', url] as const), ['gateway', flags.gateway ?? ''] as const];
  return given.flatMap(([path, url]) => {
    const hint = schemeHint(url, withScheme(url, HTTP));
    return hint === undefined ? [] : [`${path}: ${hint}`];
  });
}

function readOutputs(
  flags: Pick<LoadtestFlags, 'out' | 'json'>,
  env: Readonly<NodeJS.ProcessEnv>,
): readonly OutputOptions[] {
  const outputs = outputTexts(flags, env).map((text) => parseOutput(text, env));
  const problems = outputs.flatMap((output) => ('problem' in output ? [output.problem] : []));
  if (flags.json && outputs.some((output) => 'create' in output && output.takesStandardOutput)) {
    problems.push(
      'out: with --json the results have standard output for themselves; name a file, as in json=samples.json',
    );
  }
  if (problems.length > 0) throw new WsgError('options.invalid', 'The outputs cannot be as asked.', { problems });
  return outputs.flatMap((output) => ('problem' in output ? [] : [output]));
}

/** Where the gateway's counters are; undefined when nobody asked for them. */
function readGatewayUrl({ gateway }: LoadtestFlags): string | undefined {
  if (gateway === undefined) return undefined;
  const url = withScheme(gateway, HTTP);
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
  throw new WsgError('options.invalid', `gateway: '${gateway}' must be a URL such as http://127.0.0.1:5000`);
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

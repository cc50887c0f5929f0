import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { errorMessage, systemErrorCode, WsgError } from '../../core/error.js';
import { parseListenAddress, type ListenAddress } from '../../core/listen-address.js';
import { schemeHint, withScheme } from '../../core/missing-scheme.js';
import {
  parseOutput,
  readLoadOptions,
  type OutputOptions,
  type Plan,
  type PlannedLoad,
  type ScriptOptions,
} from '../../loadgen/index.js';
import { optionsOf } from './option-flags.js';
import { asRead, invalidOptions, problemsOf, type Read } from './read.js';
import type { LoadtestFlags } from './run-flags.js';
import { readSummaryOptions, type SummaryFormat } from './summary-options.js';

/** The options of a file, and its path. */
export interface LoadConfig {
  readonly path: string;
  readonly options: unknown;
}

/**
 * Reads the JSON file of `--config`, of WSG_CONFIG or K6_CONFIG, or k6's own; undefined when that
 * one does not exist. Throws `options.invalid` when a named file cannot be read, or any is not
 * JSON.
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
    throw new WsgError('options.invalid', `config: ${path} is not valid JSON: ${errorMessage(cause)}`, { cause });
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

/** The path of k6's options: `k6/config.json` in the folder of the user's configurations. */
function defaultConfigPath(env: Readonly<NodeJS.ProcessEnv>): string {
  const named = env.XDG_CONFIG_HOME;
  const folder = named === undefined || named === '' ? join(homedir(), '.config') : named;
  return join(folder, 'k6', 'config.json');
}

/** The origins of options besides the command line and the environment. */
export interface LoadFiles {
  readonly config?: LoadConfig;
  readonly script?: ScriptOptions;
}

/** A load test that was asked for, with valid options. */
export interface LoadRequest {
  readonly plan: Plan;
  /** Warnings about its options. */
  readonly warnings: readonly string[];
  readonly summary: SummaryFormat;
  /** Base URLs of the gateways whose counters are read. */
  readonly gatewayUrls: readonly string[];
  /** In the order of their `--out`. */
  readonly outputs: readonly OutputOptions[];
  readonly dashboard: ListenAddress | undefined;
}

const HTTP = ['http', 'https'] as const;
const LIVE_MODES = ['lines', 'full'] as const;

/**
 * Reads flags, arguments, environment and files, each once. Throws `options.invalid` with the
 * problems of all of them.
 */
export function readLoadRequest(
  flags: LoadtestFlags,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  files: LoadFiles = {},
): LoadRequest {
  const planned = readPlannedLoad(flags, env, files);
  const summary = readSummaryOptions(flags, env);
  const watching = readWatching(flags, env);
  const surplus = scriptProblems(args);
  if ('problems' in planned || 'problems' in summary || 'problems' in watching || surplus.length > 0) {
    throw invalidOptions([...surplus, ...[planned, summary, watching].flatMap(problemsOf)]);
  }
  const { plan, warnings } = planned.value;
  const { hints, ...rest } = watching.value;
  return { plan, warnings: [...warnings, ...hints], summary: formatOf(summary.value, plan), ...rest };
}

/** The summary's format: what a script or a file says holds where nothing else was given. */
function formatOf(summary: SummaryFormat, { summary: planned }: Plan): SummaryFormat {
  const trendStats = summary.trendStats ?? planned.trendStats?.join(',');
  return { ...summary, trendStats, timeUnit: summary.timeUnit ?? planned.timeUnit };
}

/**
 * The plan of flags, environment and files, for the target that the flags name or for `url`
 * instead.
 */
export function readPlannedLoad(
  flags: LoadtestFlags,
  env: NodeJS.ProcessEnv,
  files: LoadFiles & { readonly url?: string } = {},
): Read<PlannedLoad> {
  const { url, ...sources } = files;
  const options = optionsOf(flags, flags['switch-off']);
  return readLoadOptions({ flags: url === undefined ? options : { ...options, url }, environment: env, ...sources });
}

/** One script at most. */
function scriptProblems(args: readonly string[]): readonly string[] {
  const [, ...more] = args[0] === 'run' ? args.slice(1) : args;
  return more.length === 0 ? [] : [`only one script can be run (got '${more.join("', '")}' as well)`];
}

/** Reads `-e KEY=VALUE`. As in k6, a key alone takes its value from the environment. */
export function readScriptEnv(
  { env: pairs = [] }: Pick<LoadtestFlags, 'env'>,
  environment: Readonly<NodeJS.ProcessEnv>,
): Read<Readonly<Record<string, string>>> {
  const wrong = pairs.filter((pair) => !/^[^=]+(=|$)/.test(pair));
  const variables = pairs.map((pair) => {
    const [, key = pair, value = environment[pair] ?? ''] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
    return [key, value] as const;
  });
  const problems = wrong.map((pair) => `env: '${pair}' must be KEY=VALUE`);
  return asRead(Object.fromEntries(variables), problems);
}

function outputTexts({ out }: Pick<LoadtestFlags, 'out'>, env: Readonly<NodeJS.ProcessEnv>): readonly string[] {
  const inEnvironment = [env.WSG_OUT, env.K6_OUT].find((text) => text !== undefined && text !== '');
  return out ?? inEnvironment?.split(',') ?? [];
}

/** Hints about HTTP addresses that were given without a scheme. */
function schemeHints(outTexts: readonly string[], gateways: readonly string[]): string[] {
  const collectors = outTexts.flatMap((text) => /^otlp=(.+)$/s.exec(text)?.[1] ?? []);
  const given = [
    ...collectors.map((url) => ['out', url] as const),
    ...gateways.map((url) => ['gateway', url] as const),
  ];
  return given.flatMap(([path, url]) => {
    const hint = schemeHint(url, withScheme(url, HTTP));
    return hint === undefined ? [] : [`${path}: ${hint}`];
  });
}

interface Watching extends Pick<LoadRequest, 'gatewayUrls' | 'outputs' | 'dashboard'> {
  readonly hints: readonly string[];
}

/** Reads where the gateway's counters come from, and where samples and charts go. */
function readWatching(flags: LoadtestFlags, env: Readonly<NodeJS.ProcessEnv>): Read<Watching> {
  const texts = outputTexts(flags, env);
  const gatewayUrls = readGatewayUrls(flags);
  const outputs = readOutputs(texts, flags.json === true, env);
  const dashboard = readDashboard(flags);
  if ('problems' in gatewayUrls || 'problems' in outputs || 'problems' in dashboard) {
    return { problems: [gatewayUrls, outputs, dashboard].flatMap(problemsOf) };
  }
  const hints = schemeHints(texts, flags.gateway ?? []);
  return { value: { gatewayUrls: gatewayUrls.value, outputs: outputs.value, dashboard: dashboard.value, hints } };
}

/** The base URLs of the gateways' counters; none unless asked for. */
function readGatewayUrls({ gateway = [] }: LoadtestFlags): Read<readonly string[]> {
  const urls = gateway.map((text) => withScheme(text, HTTP));
  const wrong = gateway.filter((_, index) => !isHttpUrl(urls[index] ?? ''));
  return asRead(
    urls,
    wrong.map((text) => `gateway: '${text}' must be a URL such as http://127.0.0.1:5000`),
  );
}

function isHttpUrl(url: string): boolean {
  return /^https?:\/\//.test(url) && URL.canParse(url);
}

/** The address of the dashboard; undefined unless asked for. */
function readDashboard({ live, dashboard }: LoadtestFlags): Read<ListenAddress | undefined> {
  const address = dashboard === undefined ? undefined : parseListenAddress(dashboard);
  const problems: string[] = [];
  if (live !== undefined && !LIVE_MODES.some((mode) => mode === live)) {
    problems.push(`live: '${live}' must be one of ${LIVE_MODES.join(', ')}`);
  }
  if (dashboard !== undefined && address === undefined) problems.push(`dashboard: '${dashboard}' must be a host:port`);
  return asRead(address, problems);
}

function readOutputs(
  texts: readonly string[],
  json: boolean,
  env: Readonly<NodeJS.ProcessEnv>,
): Read<readonly OutputOptions[]> {
  const parsed = texts.map((text) => parseOutput(text, env));
  const outputs = parsed.flatMap((output) => ('problem' in output ? [] : [output]));
  const problems = parsed.flatMap((output) => ('problem' in output ? [output.problem] : []));
  if (json && outputs.some(({ takesStandardOutput }) => takesStandardOutput)) {
    problems.push('out: --json needs standard output for the results; name a file, such as json=samples.json');
  }
  return asRead(outputs, problems);
}

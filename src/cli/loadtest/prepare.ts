import { WsgError } from '../../core/error.js';
import { preflight, type Plan, type Script } from '../../loadgen/index.js';
import type { LogLine } from '../log-line.js';
import { passesSystemEnv } from './flag-variables.js';
import { readLoadConfig, readLoadRequest, readScriptEnv, type LoadFiles, type LoadRequest } from './load-request.js';
import { loadScriptArgument } from './load-script.js';
import { valueOf } from './read.js';
import type { LoadtestFlags } from './run-flags.js';

/** A load test before its first connection: its options are valid and its script is loaded. */
export interface PreparedLoadtest {
  readonly request: LoadRequest;
  /** The origins of options besides flags and environment. */
  readonly files: LoadFiles;
  readonly program: Script | undefined;
}

/**
 * Reads the config file and the script, then all options, and checks them against each other.
 * Throws `options.invalid` or `script.*`.
 */
export async function prepareLoadtest(
  flags: LoadtestFlags,
  args: readonly string[],
  log: (line: LogLine) => void,
): Promise<PreparedLoadtest> {
  const config = await readLoadConfig(flags.config, process.env);
  const program = await loadScriptArgument({
    args,
    scriptEnv: valueOf(readScriptEnv(flags, process.env)),
    systemEnv: process.env,
    passesEnv: passesSystemEnv(flags, process.env),
    log,
    allowsRemote: flags['allow-remote-imports'] === true,
  });
  const files = { config, script: program?.options };
  const request = readLoadRequest(flags, args, process.env, files);
  program?.checkMetrics(request.plan);
  return { request, files, program };
}

/**
 * Checks that this machine has room for a plan. Throws `preflight.refused` when it has not; where
 * the check `isWaived`, returns the shortages as sentences instead.
 */
export function checkRoom(plan: Plan, isWaived: boolean): readonly string[] {
  const shortages = preflight(plan).map(({ problem, remedy }) => `${problem}. To fix it: ${remedy}`);
  if (isWaived || shortages.length === 0) return shortages;
  throw new WsgError('preflight.refused', 'This machine has no room for the load.', {
    problems: shortages,
    hint: '--no-preflight starts it anyway.',
  });
}

/** Warnings about flags that have no effect on a plan. */
export function unusedFlags({ behaviour }: Plan, { env }: LoadtestFlags): readonly string[] {
  const isUnused = behaviour.type !== 'script' && env !== undefined;
  return isUnused ? ['env: ignored: a built-in scenario runs the same without it'] : [];
}

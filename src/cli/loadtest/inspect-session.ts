import * as Flags from '@oclif/core/flags';
import { WsgError } from '../../core/error.js';
import { inspectOptions, planLoad } from '../../loadgen/index.js';
import { OPTIONS } from '../../loadgen/options/index.js';
import type { LoadtestFlags } from './run-flags.js';
import { runFlags } from './run-flags.js';
import { flagsOf } from './option-flags.js';
import { readScriptEnv } from './load-request.js';
import { DEFAULT_LOG, LoadLog } from './load-log.js';
import { loadScriptArgument } from './load-script.js';
import { valueOf } from './read.js';
import type { Output } from '../output.js';

/** The flags of `wsg loadtest inspect`. */
export const inspectFlags = {
  env: runFlags.env,
  'allow-remote-imports': runFlags['allow-remote-imports'],
  ...flagsOf([OPTIONS.includeSystemEnvVars, OPTIONS.compatibilityMode, OPTIONS.type]),
  'no-thresholds': Flags.boolean({ hidden: true }),
  'execution-requirements': Flags.boolean({
    description: 'Also print the scenarios that result from the options, their total duration and maximum VUs.',
  }),
};

/** One `wsg loadtest inspect` as it was typed. */
export interface InspectInvocation {
  readonly flags: Pick<LoadtestFlags, 'env' | 'include-system-env-vars' | 'allow-remote-imports'> & {
    readonly 'execution-requirements'?: boolean;
  };
  readonly args: readonly string[];
  readonly output: Output;
}

/**
 * Loads a script and prints its options. Throws what a run would throw: errors of the script and,
 * if the plan is asked for, its problems.
 */
export async function inspectScript({ flags, args, output }: InspectInvocation): Promise<void> {
  const [path, ...more] = args;
  if (path === undefined || more.length > 0) {
    throw new WsgError('usage', `one script can be inspected (got ${args.length})`, {
      hint: 'wsg loadtest inspect script.js',
    });
  }
  const log = new LoadLog(DEFAULT_LOG, { ...output, elapsedMs: () => 0 });
  const program = await loadScriptArgument({
    args: ['run', path],
    scriptEnv: valueOf(readScriptEnv(flags, process.env)),
    systemEnv: process.env,
    // The default of `k6 inspect`.
    passesEnv: flags['include-system-env-vars'] === true,
    log: (line) => log.write(line),
    allowsRemote: flags['allow-remote-imports'] === true,
  });
  const script = program?.options;
  const planned =
    flags['execution-requirements'] === true
      ? planLoad({ flags: {}, environment: process.env, ...(script && { script }) }).plan
      : undefined;
  output.stdout.write(`${JSON.stringify(inspectOptions(script?.options, planned), null, 2)}\n`);
}

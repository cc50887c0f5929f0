import { WsgError } from '../core/error.js';
import { type LoadFlags, parseLoadOptions, type Plan } from '../loadgen/index.js';
import type { SummaryFlags } from './summary-options.js';

/** What `wsg loadtest` was told on its command line, as texts. */
export interface LoadtestFlags extends SummaryFlags {
  readonly url: string | undefined;
  readonly vus: string | undefined;
  readonly duration: string | undefined;
  readonly iterations: string | undefined;
  readonly 'graceful-stop': string | undefined;
  readonly 'spawn-gateway': boolean;
  readonly gateway: string | undefined;
  readonly run: string | undefined;
  readonly 'no-run': boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly 'no-color': boolean;
  readonly 'allow-saturated': boolean;
}

/** Refuses a script by name: this version has built-in scenarios only. k6's `run` in front of it is accepted. */
export function refuseScript(args: readonly string[]): void {
  const [script] = args[0] === 'run' ? args.slice(1) : args;
  if (script === undefined) return;
  throw new WsgError('options.invalid', `'${script}' cannot be run: scripts are not in this version of wsg.`, {
    hint: 'Leave it out to run the built-in scenario.',
  });
}

/** The plan that flags and environment describe, for the target that the flags name or for `url` instead. */
export function readPlan(flags: LoadtestFlags, env: NodeJS.ProcessEnv, url = flags.url): Plan {
  const { vus, duration, iterations } = flags;
  const load: LoadFlags = { url, vus, duration, iterations, gracefulStop: flags['graceful-stop'] };
  return parseLoadOptions(load, env);
}

/** Where the gateway's counters are, checked; undefined when nobody asked for them. */
export function readGatewayUrl(flags: LoadtestFlags): string | undefined {
  const text = flags.gateway;
  if (text === undefined) return undefined;
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new WsgError('options.invalid', `'${text}' of --gateway is no URL such as http://127.0.0.1:5000.`);
}

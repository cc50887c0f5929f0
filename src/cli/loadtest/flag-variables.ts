import { WsgError } from '../../core/error.js';
import type { LoadtestFlags } from './run-flags.js';

/** Flags of the run's output that variables also set. */
type Shown = Pick<LoadtestFlags, 'summary-export' | 'no-summary' | 'no-color' | 'dashboard'>;

const DASHBOARD_HOST = '127.0.0.1';
const DASHBOARD_PORT = '5665';

/**
 * Returns the flags, with `WSG_*` and then `K6_*` variables in place of those that were not given.
 * Throws `options.invalid` with all problems.
 */
export function withVariables<T extends Shown>(flags: T, env: Readonly<NodeJS.ProcessEnv>): T {
  const problems: string[] = [];
  const isOn = (key: string): boolean => {
    const [name, text] = variable(env, key) ?? [];
    if (text !== undefined && isTrue(text) === undefined) problems.push(`${name}: '${text}' is neither true nor false`);
    return text !== undefined && isTrue(text) === true;
  };
  const shown: Shown = {
    'summary-export': flags['summary-export'] ?? variable(env, 'SUMMARY_EXPORT')?.[1],
    'no-summary': flags['no-summary'] === true || isOn('NO_SUMMARY'),
    'no-color': flags['no-color'] === true || isOn('NO_COLOR'),
    dashboard: flags.dashboard ?? (isOn('WEB_DASHBOARD') ? dashboardAddress(env) : undefined),
  };
  if (problems.length > 0) throw new WsgError('options.invalid', 'Some variables are invalid.', { problems });
  return { ...flags, ...shown };
}

/** Whether scripts see the environment of the process in `__ENV`; k6's default for a run. */
export function passesSystemEnv(
  flags: Pick<LoadtestFlags, 'include-system-env-vars' | 'switch-off'>,
  env: Readonly<NodeJS.ProcessEnv>,
): boolean {
  if (flags['switch-off']?.includes('include-system-env-vars') === true) return false;
  if (flags['include-system-env-vars'] === true) return true;
  const text = variable(env, 'INCLUDE_SYSTEM_ENV_VARS')?.[1];
  return text === undefined || isTrue(text) !== false;
}

function dashboardAddress(env: Readonly<NodeJS.ProcessEnv>): string {
  const host = variable(env, 'WEB_DASHBOARD_HOST')?.[1] ?? DASHBOARD_HOST;
  const port = variable(env, 'WEB_DASHBOARD_PORT')?.[1] ?? DASHBOARD_PORT;
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The name and text of a variable that is set; an empty one counts as not given. */
function variable(env: Readonly<NodeJS.ProcessEnv>, key: string): readonly [name: string, text: string] | undefined {
  for (const name of [`WSG_${key}`, `K6_${key}`]) {
    const text = env[name];
    if (text !== undefined && text !== '') return [name, text];
  }
  return undefined;
}

/** Parses a boolean as Go does; undefined when it is neither true nor false. */
function isTrue(text: string): boolean | undefined {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  return /^(0|f|F|FALSE|false|False)$/.test(text) ? false : undefined;
}

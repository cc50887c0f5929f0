import { WsgError } from '../core/error.js';

/**
 * Switches that pipelines for k6 also write as `--no-color=true`, which oclif would read as a
 * switch and an argument.
 */
const PLAIN_SWITCHES = ['no-color', 'quiet', 'verbose', 'no-summary', 'no-usage-report'];
/** Switches whose `false` overrides the value of a script, a file or a variable. */
const OPTION_SWITCHES = [
  'include-system-env-vars',
  'insecure-skip-tls-verify',
  'paused',
  'linger',
  'throw',
  'no-setup',
  'no-teardown',
  'no-thresholds',
  'no-connection-reuse',
  'no-vu-connection-reuse',
  'discard-response-bodies',
  'profiling-enabled',
  'new-machine-readable-summary',
];
/** Booleans as Go parses them. */
const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/** k6's default address of the dashboard. */
const DASHBOARD_ADDRESS = '127.0.0.1:5665';

/**
 * Rewrites `-config x` and `-config=x`, as the previous program accepted it, to `--config`: oclif
 * would read `-c onfig`. `--quiet=true` becomes `--quiet`, and `--quiet=false` is removed;
 * `--http-debug` means headers, as in k6; `--dashboard` without an address gets the default one;
 * `help report` becomes `report --help`. Arguments after `--` are not changed.
 */
export function rewriteArguments(argv: readonly string[]): string[] {
  if (argv[0] === 'help') return [...argv.slice(1), '--help'];
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  const rest = end === -1 ? [] : argv.slice(end);
  const rewritten = flags.map((argument) => argument.replace(/^-config(?==|$)/, '--config'));
  return [...rewritten.flatMap(plainSwitch).map(withAddress), ...rest];
}

/** Adds the default value: oclif has no flags with optional values. */
function withAddress(argument: string, place: number, argv: readonly string[]): string {
  if (argument !== '--dashboard') return argument;
  return /^(\S*):\d+$/.test(argv[place + 1] ?? '') ? argument : `--dashboard=${DASHBOARD_ADDRESS}`;
}

function plainSwitch(argument: string): string[] {
  if (argument === '--http-debug') return ['--http-debug=headers'];
  const [, name = '', value = ''] = /^--([a-z-]+)=(\w+)$/.exec(argument) ?? [];
  const isOption = OPTION_SWITCHES.includes(name);
  if (!isOption && !PLAIN_SWITCHES.includes(name)) return [argument];
  if (TRUE.includes(value)) return [`--${name}`];
  if (!FALSE.includes(value)) throw new WsgError('usage', `--${name} takes true or false (got '${value}')`);
  return isOption ? [`--switch-off=${name}`] : [];
}

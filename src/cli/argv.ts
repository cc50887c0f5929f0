/** Switches that scripts for k6 also write as `--no-color=true`, which oclif would take for a switch and an argument. */
const K6_SWITCHES = ['include-system-env-vars', 'no-usage-report', 'no-color', 'quiet'];

/** k6's port for it. */
const DASHBOARD_ADDRESS = '127.0.0.1:5665';

/**
 * Rewrites `-config x` and `-config=x`, as the old program took them, to `--config`: oclif would read `-c onfig`.
 * `--quiet=true` becomes `--quiet`, and `--quiet=false` nothing; `--dashboard` without an address gets its own; `help report` becomes `report --help`.
 * What stands behind `--` stays as it is.
 */
export function rewriteArguments(argv: readonly string[]): string[] {
  if (argv[0] === 'help') return [...argv.slice(1), '--help'];
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  const rest = end === -1 ? [] : argv.slice(end);
  const rewritten = flags.map((argument) => argument.replace(/^-config(?==|$)/, '--config'));
  return [...rewritten.flatMap(plainSwitch).map(withAddress), ...rest];
}

/** A flag of oclif has a value or has none, and this one may have one. */
function withAddress(argument: string, place: number, argv: readonly string[]): string {
  if (argument !== '--dashboard') return argument;
  return /^(\S*):\d+$/.test(argv[place + 1] ?? '') ? argument : `--dashboard=${DASHBOARD_ADDRESS}`;
}

function plainSwitch(argument: string): string[] {
  const [, name = '', value] = /^--([a-z-]+)=(true|false)$/.exec(argument) ?? [];
  if (!K6_SWITCHES.includes(name)) return [argument];
  return value === 'true' ? [`--${name}`] : [];
}

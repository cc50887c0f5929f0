/** Switches that scripts for k6 also write as `--no-color=true`, which oclif would take for a switch and an argument. */
const K6_SWITCHES = ['include-system-env-vars', 'no-usage-report', 'no-color', 'quiet'];

/**
 * Rewrites `-config x` and `-config=x`, as the old program took them, to `--config`: oclif would read `-c onfig`.
 * `--quiet=true` becomes `--quiet`, and `--quiet=false` nothing. What stands behind `--` stays as it is.
 */
export function rewriteArguments(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  const rest = end === -1 ? [] : argv.slice(end);
  const rewritten = flags.map((argument) => argument.replace(/^-config(?==|$)/, '--config'));
  return [...rewritten.flatMap(plainSwitch), ...rest];
}

function plainSwitch(argument: string): string[] {
  const [, name = '', value] = /^--([a-z-]+)=(true|false)$/.exec(argument) ?? [];
  if (!K6_SWITCHES.includes(name)) return [argument];
  return value === 'true' ? [`--${name}`] : [];
}

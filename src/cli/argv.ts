/**
 * Rewrites `-config x` and `-config=x`, as the old program took them, to `--config`: oclif would read `-c onfig`.
 * What stands behind `--` stays as it is.
 */
export function rewriteArguments(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  const rest = end === -1 ? [] : argv.slice(end);
  return [...flags.map((argument) => argument.replace(/^-config(?==|$)/, '--config')), ...rest];
}

import type { K6Flags } from './k6-flags.js';

const WITHOUT_EFFECT = ['env', 'include-system-env-vars', 'no-usage-report', 'address', 'log-output'] as const;

/** One line that names the flags of k6 that were accepted though they cannot change the result; undefined when there are none. */
export function k6Warning(flags: K6Flags): string | undefined {
  const names = WITHOUT_EFFECT.filter((name) => flags[name] !== undefined && flags[name] !== false);
  if (names.length === 0) return undefined;
  return `ignored, for a built-in scenario runs the same without: ${names.map((name) => `--${name}`).join(', ')}`;
}

/** One sentence for each flag of k6 that would change something and that this version does not have. */
export function k6Problems({ stage, out }: K6Flags): string[] {
  const problems: string[] = [];
  if (stage !== undefined)
    problems.push(`stage: stages ('${stage.join(' ')}') are not in this version of wsg; use --duration`);
  if (out !== undefined)
    problems.push(`out: k6's outputs ('${out.join(' ')}') are not in this version of wsg; --run names the run file`);
  return problems;
}

import type { K6Flags } from './k6-flags.js';

const WITHOUT_EFFECT = ['no-usage-report', 'address'] as const;
const FOR_SCRIPTS = ['env', 'include-system-env-vars'] as const;

type Habit = (typeof WITHOUT_EFFECT)[number] | (typeof FOR_SCRIPTS)[number];

/** One line that names the flags of k6 that were accepted though they cannot change the result; undefined when there are none. */
export function k6Warning(flags: Pick<K6Flags, Habit>, isScript: boolean): string | undefined {
  const given = (names: readonly Habit[]): readonly string[] =>
    names.filter((name) => flags[name] !== undefined && flags[name] !== false).map((name) => `--${name}`);
  const names = [...given(isScript ? [] : FOR_SCRIPTS), ...given(WITHOUT_EFFECT)];
  if (names.length === 0) return undefined;
  return `ignored, for ${isScript ? 'a run is the same' : 'a built-in scenario runs the same'} without: ${names.join(', ')}`;
}

import * as Flags from '@oclif/core/flags';
import type { FlagInput } from '@oclif/core/interfaces';
import { OPTION_CATALOGUE } from '../../loadgen/options/index.js';
import type { OptionEntry, OptionFlag } from '../../loadgen/options/option.js';

type Flag = FlagInput[string];

/** The flags of these options, for a command. */
export function flagsOf(entries: readonly OptionEntry[]): FlagInput {
  return Object.fromEntries(
    entries.flatMap((entry) => flagNames(entry).map((flag) => [flag.name, toFlag(flag, entry.help)] as const)),
  );
}

/** The flags of all options. */
export const optionFlags = flagsOf(OPTION_CATALOGUE.all);

/**
 * The values of flags by the names of their options. Switches that were not given are left out, as
 * are options that the command reads by itself.
 */
export function optionsOf(
  flags: Readonly<Record<string, unknown>>,
  switchedOff: readonly string[] = [],
): Readonly<Record<string, unknown>> {
  const entries = OPTION_CATALOGUE.all.filter(({ fate }) => fate !== 'summary');
  return Object.fromEntries(
    entries.flatMap((entry) => {
      const values = flagNames(entry).flatMap((flag) => valueOf(flag, flags, switchedOff) ?? []);
      if (values.length === 0) return [];
      return [[entry.name, entry.flag?.kind === 'texts' ? values : values[0]] as const];
    }),
  );
}

function flagNames({ flag, aliases = [] }: OptionEntry): readonly OptionFlag[] {
  return [...(flag === undefined ? [] : [flag]), ...aliases];
}

function toFlag({ kind, char, value, group, isHidden }: OptionFlag, description: string | undefined): Flag {
  const common = {
    ...(char !== undefined && { char }),
    ...(group !== undefined && { helpGroup: group }),
    ...(value !== undefined && { helpValue: value }),
    ...(isHidden === true && { hidden: true }),
    ...(description !== undefined && { description }),
  };
  if (kind === 'switch') return Flags.boolean(common);
  if (kind === 'text') return Flags.string(common);
  return Flags.string({ ...common, multiple: true, multipleNonGreedy: true });
}

/** A list for a flag that may be repeated. */
function valueOf(
  { name, kind }: OptionFlag,
  flags: Readonly<Record<string, unknown>>,
  switchedOff: readonly string[],
): unknown {
  if (kind !== 'switch') return flags[name];
  if (switchedOff.includes(name)) return false;
  return flags[name] === true ? true : undefined;
}

import { Definitions } from '../../core/definitions.js';
import { BUILT_IN_OPTIONS } from './built-in-options.js';
import { CONNECTION_OPTIONS } from './connection-options.js';
import { LEFT_OUT_OPTIONS } from './left-out-options.js';
import { LOAD_OPTIONS } from './load-options.js';
import type { OptionEntry, OptionFlag } from './option.js';
import { OUTPUT_OPTIONS } from './output-options.js';
import { SCRIPT_OPTIONS } from './script-options.js';

/** The options by their names, for those that read one of them. */
export const OPTIONS = {
  ...LOAD_OPTIONS,
  ...BUILT_IN_OPTIONS,
  ...CONNECTION_OPTIONS,
  ...SCRIPT_OPTIONS,
  ...OUTPUT_OPTIONS,
  ...LEFT_OUT_OPTIONS,
};

/** Every option that wsg knows, in the order of docs/reference/options.md. */
export const OPTION_CATALOGUE: Definitions<OptionEntry> = new Definitions<OptionEntry>(
  'option',
  Object.values(OPTIONS),
);

type Entry = (typeof OPTIONS)[keyof typeof OPTIONS];
type FlagOf<E> = E extends { readonly flag: infer F } ? F : never;
type AliasOf<E> = E extends { readonly aliases: readonly (infer F)[] } ? F : never;
type FlagsByKind<K extends OptionFlag['kind'], T> = {
  readonly [F in Extract<FlagOf<Entry> | AliasOf<Entry>, { readonly kind: K }> as F['name']]?: T;
};

/** The flags of all options as a command line gives them; undefined: not given. */
export type OptionFlags = FlagsByKind<'switch', boolean> &
  FlagsByKind<'text', string> &
  FlagsByKind<'texts', readonly string[]>;

type ValueOf<F> = F extends { readonly kind: 'switch' }
  ? boolean
  : F extends { readonly kind: 'texts' }
    ? readonly string[] | string
    : string;

/** The values of flags by the names of their options; undefined: not given. */
export type LoadFlags = {
  readonly [E in Extract<Entry, { readonly flag: OptionFlag }> as E['name']]?: ValueOf<E['flag']>;
};

/** The head of the table in docs/reference/options.md. */
export const OPTION_TABLE_HEAD = '| option | flag | variable | fate | meaning |\n| --- | --- | --- | --- | --- |\n';

/** One row of that table. */
export function optionRow({ name, flag, variable, fate, reason, help }: OptionEntry): string {
  const letter = flag?.char === undefined ? '' : `-${flag.char}, `;
  const meaning = help ?? `It has no effect: ${reason}.`;
  return `| \`${name}\` | ${flag ? `\`${letter}--${flag.name}\`` : ''} | ${variable ? `\`${variable}\`` : ''} | ${fate} | ${meaning} |`;
}

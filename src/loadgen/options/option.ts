import { readHeaderLines, type OptionReader, type Setting } from './option-reader.js';

/**
 * The effect of an option: `plan`: every run obeys it; `summary`: the command's own output obeys
 * it; `script`: scripts obey it, a built-in scenario runs the same without it; `ignored`: accepted
 * with a warning, for it cannot change a result; `refused`: an error as soon as it asks for
 * something.
 */
type OptionFate = 'plan' | 'summary' | 'script' | 'ignored' | 'refused';

/** Reads an option's value; undefined when it has complained to the reader. */
type ReadOption<T> = (setting: Setting, reader: OptionReader) => T | undefined;

type Letter = 'a' | 'd' | 'i' | 'l' | 'o' | 'p' | 'q' | 's' | 't' | 'u' | 'v' | 'w';

/** A flag of `wsg loadtest` that sets an option. */
export interface OptionFlag {
  /** Without its dashes. */
  readonly name: string;
  readonly kind: 'switch' | 'text' | 'texts';
  readonly char?: Letter;
  /** The value as help shows it: `DURATION`. */
  readonly value?: string;
  /** The heading that help lists it under. */
  readonly group?: string;
  /** Left out of help. */
  readonly isHidden?: boolean;
}

/**
 * One option of a load test. Its flag, its variables, its line of help, its reader and its row in
 * docs/reference/options.md all come from here.
 */
export interface OptionEntry<T = unknown> {
  /** Its key in scripts and files. */
  readonly name: string;
  readonly fate: OptionFate;
  /** Its meaning for help and reference: an imperative or a noun phrase, one sentence. */
  readonly help?: string;
  /** Without `WSG_` or `K6_` in front; undefined when no variable sets it. */
  readonly variable?: string;
  readonly flag?: OptionFlag;
  /** Other flags that set it. */
  readonly aliases?: readonly OptionFlag[];
  /** Why it is ignored or refused, as the end of a sentence. */
  readonly reason?: string;
  /** Values that ask for what happens anyway. */
  readonly harmless?: readonly string[];
  /** Only a command line and a variable set it: in scripts it is unknown, as to k6. */
  readonly isTyped?: boolean;
  /** k6 does not have it. */
  readonly isOwn?: boolean;
  /** Built-in scenarios alone obey it; a script that gets it is refused. */
  readonly isBuiltIn?: boolean;
  readonly read: ReadOption<T>;
  /**
   * The form that scripts have of the text of a flag or a variable; the text itself unless given.
   */
  readonly fromText?: (value: unknown) => unknown;
}

export const readText: ReadOption<string> = (setting, reader) => reader.text(setting);
export const readTexts: ReadOption<readonly string[]> = (setting, reader) => reader.texts(setting);
export const readFlag: ReadOption<boolean> = (setting, reader) => reader.flag(setting);
export const readTextMap: ReadOption<Readonly<Record<string, string>>> = (setting, reader) => reader.textMap(setting);
export const readHeaders: ReadOption<readonly (readonly [name: string, value: string])[]> = (setting, reader) =>
  readHeaderLines(setting, reader);
/** Returns the setting itself, for a reader of its own. */
export const readAsGiven: ReadOption<Setting> = (setting) => setting;

export function readInteger(least: number): ReadOption<number> {
  return (setting, reader) => reader.integer(setting, { least, otherwise: undefined });
}

export function readNumber(rule: { readonly above: number; readonly most: number }): ReadOption<number> {
  return (setting, reader) => reader.number(setting, { ...rule, otherwise: undefined });
}

export function readDuration(leastMs: number): ReadOption<number> {
  return (setting, reader) => reader.duration(setting, { leastMs, otherwise: undefined });
}

export function readOneOf<W extends string>(words: readonly W[]): ReadOption<W> {
  return (setting, reader) => {
    const text = reader.text(setting);
    const word = words.find((known) => known === text);
    if (text !== undefined && word === undefined)
      reader.complain(setting, `'${text}' must be one of ${words.join(', ')}`);
    return word;
  };
}

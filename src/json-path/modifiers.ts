import { trimSpace } from './array-step.js';
import { membersOf, type Find } from './json-search.js';
import { exists, isArray, isJsonObject, isTrueish, valueText, type JsonValue } from './json-value.js';
import { quoteJson } from './quote-json.js';
import { rootValue } from './root-value.js';

/**
 * Maximum depth of `@dig`, and of `@flatten` with `deep`. Each level costs a pass over everything
 * below it.
 */
const MAX_DEPTH = 32;
/**
 * Maximum number of bytes that `@dig` reads; nested values count again for each level. This bounds
 * it to about one second.
 */
const MAX_DIG_BYTES = 16 * 1024 * 1024;

/** Converts one JSON text to another. */
export type Modifier = (json: string, argument: string, find: Find) => string;

/** gjson's modifiers. `@pretty` does not add whitespace, because substitution would remove it. */
export const MODIFIERS: ReadonlyMap<string, Modifier> = new Map<string, Modifier>([
  ['this', (json) => json],
  ['ugly', withoutSpace],
  ['pretty', withoutSpace],
  ['valid', (json) => (isValid(json) ? json : '')],
  ['fromstr', (json) => (isValid(json) ? valueText(rootValue(json)) : '')],
  ['tostr', (json) => quoteJson(json)],
  ['reverse', reverse],
  ['keys', keys],
  ['values', values],
  ['flatten', flatten],
  ['join', join],
  ['group', group],
  ['dig', dig],
]);

function isValid(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}

/** Removes whitespace outside strings; an unclosed string is kept to the end. */
function withoutSpace(json: string): string {
  return json.replace(/("(?:[^"\\]|\\[^])*"?)|[\0- ]+/g, (_, string: string | undefined) => string ?? '');
}

function reverse(json: string): string {
  const root = rootValue(json);
  if (!isArray(root) && !isJsonObject(root)) return json;
  const members = [...membersOf(root)].map(({ key, value }) => (isArray(root) ? value.raw : `${key.raw}:${value.raw}`));
  const text = members.toReversed().join(',');
  return isArray(root) ? `[${text}]` : `{${text}}`;
}

function keys(json: string): string {
  const root = rootValue(json);
  const isNamed = isJsonObject(root);
  return listOf([...membersOf(root)].map(({ key }) => (isNamed ? key.raw : 'null')));
}

function values(json: string): string {
  const root = rootValue(json);
  return isArray(root) ? json : listOf([...membersOf(root)].map(({ value }) => value.raw));
}

function flatten(json: string, argument: string): string {
  const isDeep = hasOption(argument, 'deep');
  return isArray(rootValue(json)) ? flattened(json, isDeep ? MAX_DEPTH : 1) : json;
}

function flattened(json: string, depth: number): string {
  const parts: string[] = [];
  for (const { value } of membersOf(rootValue(json))) {
    const part = isArray(value) ? unwrapped(depth > 1 ? flattened(value.raw, depth - 1) : value.raw) : value.raw;
    if (part.trim() !== '') parts.push(part.trim());
  }
  return listOf(parts);
}

/**
 * Merges objects: a key stays at its first position with its last value or, with `preserve`, all
 * its values.
 */
function join(json: string, argument: string): string {
  const root = rootValue(json);
  if (!isArray(root)) return json;
  const objects = [...membersOf(root)].map(({ value }) => value).filter(isJsonObject);
  if (hasOption(argument, 'preserve')) return `{${objects.map(({ raw }) => unwrapped(raw)).join(',')}}`;
  const merged = new Map<string, { key: string; value: string }>();
  for (const { key, value } of objects.flatMap((object) => [...membersOf(object)]))
    merged.set(key.text, { key: merged.get(key.text)?.key ?? key.raw, value: value.raw });
  return `{${[...merged.values()].map(({ key, value }) => `${key}:${value}`).join(',')}}`;
}

/** Converts an object of arrays to an array of objects. */
function group(json: string): string {
  const root = rootValue(json);
  if (!isJsonObject(root)) return '';
  const groups: string[][] = [];
  for (const { key, value } of membersOf(root)) {
    if (!isArray(value)) continue;
    [...membersOf(value)].forEach((element, index) => {
      (groups[index] ??= []).push(`${key.raw}:${element.value.raw}`);
    });
  }
  return listOf(groups.map((members) => `{${members.join(',')}}`));
}

/** Collects the values at a path in a value and in all values inside it. */
function dig(json: string, path: string, find: Find): string {
  const found: string[] = [];
  let budget = MAX_DIG_BYTES;
  const visit = (value: JsonValue, depth: number) => {
    budget -= value.raw.length;
    if (budget < 0) return;
    const here = find(value.raw, path);
    if (exists(here)) found.push(here.raw);
    if (value.kind !== 'json' || depth === 0) return;
    for (const member of membersOf(value)) visit(member.value, depth - 1);
  };
  visit(rootValue(json), MAX_DEPTH);
  return listOf(found);
}

function hasOption(argument: string, name: string): boolean {
  const options = [...membersOf(rootValue(argument))].filter(({ key }) => key.text === name);
  const last = options.at(-1);
  return last !== undefined && isTrueish(last.value);
}

function unwrapped(json: string): string {
  const text = trimSpace(json);
  return text.length >= 2 && /^[[{]/.test(text) ? text.slice(1, -1) : text;
}

function listOf(parts: readonly string[]): string {
  return `[${parts.join(',')}]`;
}

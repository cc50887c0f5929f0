import { Memo } from '../../core/memo.js';
import { parseQuery } from './parse-query.js';

/**
 * Which connections are meant. `all`: everyone. `ids`: these ids, each once; unknown ones count for
 * nothing. `pairs`: every pair must match (AND); never empty.
 */
export type Selector =
  | { readonly kind: 'all' }
  | { readonly kind: 'ids'; readonly ids: ReadonlySet<string> }
  | { readonly kind: 'pairs'; readonly pairs: ReadonlyMap<string, string> };

/** Backends ask for the same rooms and groups again and again. Measured by bench/fan-out. */
const SHORT_QUERY = 256;
const remembered = new Memo(256, readSelector);
/** A few only, and none longer than a request's head: they are kept with all their ids. */
const rememberedLong = new Memo(16, readSelector, 32 * 1024);
/** How many long queries are known again, and by how many of their characters. */
const MOST_PRINTS = 64;
const PRINT_CHARACTERS = 16;
const prints = new Set<number>();

/**
 * Reads the selector in a request's query; a text says what is wrong with it. A non-empty `id` is a
 * list of ids, and no other pair counts; `all=true` alone is everybody; else all pairs must match.
 * Equal queries may be answered by one object.
 */
export function parseSelector(query: string): Selector | string {
  if (query.length <= SHORT_QUERY) return remembered.get(query);
  return hasComeBefore(query) ? rememberedLong.get(query) : readSelector(query);
}

/**
 * Whether a long query has probably come before: lists of ids that never come again must die young,
 * or collecting them costs more than reading them.
 */
function hasComeBefore(query: string): boolean {
  let print = query.length;
  const step = Math.floor(query.length / PRINT_CHARACTERS);
  for (let at = step - 1; at < query.length; at += step) print = (Math.imul(print, 31) + query.charCodeAt(at)) | 0;
  if (prints.has(print)) return true;
  if (prints.size >= MOST_PRINTS) prints.clear();
  prints.add(print);
  return false;
}

function readSelector(query: string): Selector | string {
  return selectorOf(parseQuery(query));
}

/** The selector that decoded pairs ask for; a text says what is wrong with them. */
export function selectorOf(pairs: ReadonlyMap<string, string>): Selector | string {
  if (pairs.size === 0) return 'the selector is empty; ?all=true means every connection';
  const ids = pairs.get('id') ?? '';
  if (ids !== '') return { kind: 'ids', ids: splitIds(ids) };
  const all = pairs.get('all');
  if (all === undefined) return { kind: 'pairs', pairs };
  // Not a tag: who means everybody and writes it differently would reach nobody.
  if (all !== 'true') return `all must be 'true' (got ${JSON.stringify(all)}); ?all=true means every connection`;
  return pairs.size === 1
    ? { kind: 'all' }
    : 'all=true means every connection and must be the only pair of the selector';
}

function splitIds(list: string): Set<string> {
  const ids = new Set(list.split(','));
  ids.delete('');
  return ids;
}

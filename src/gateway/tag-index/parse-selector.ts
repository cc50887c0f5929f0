import { Memo } from '../../core/memo.js';
import { parseQuery } from './parse-query.js';

/**
 * Selects connections. `all`: every connection. `ids`: these ids, each once; unknown ones are
 * ignored. `pairs`: every pair must match (AND); never empty.
 */
export type Selector =
  | { readonly kind: 'all' }
  | { readonly kind: 'ids'; readonly ids: ReadonlySet<string> }
  | { readonly kind: 'pairs'; readonly pairs: ReadonlyMap<string, string> };

/**
 * Longest query that is always cached, because backends repeat selectors. Measured by
 * bench/fan-out.
 */
const SHORT_QUERY = 256;
const remembered = new Memo(256, readSelector);
/**
 * Cache of long queries: few, and none longer than a request head, because all their ids are kept.
 */
const rememberedLong = new Memo(16, readSelector, 32 * 1024);
/** Number of long queries that are recognized, and number of characters that are hashed. */
const MOST_PRINTS = 64;
const PRINT_CHARACTERS = 16;
const prints = new Set<number>();

/**
 * Parses the selector in a request's query; returns an error message for an invalid one. A
 * non-empty `id` is a list of ids, and other pairs are ignored; `all=true` alone selects every
 * connection; otherwise all pairs must match. Equal queries may return the same object.
 */
export function parseSelector(query: string): Selector | string {
  if (query.length <= SHORT_QUERY) return remembered.get(query);
  return hasComeBefore(query) ? rememberedLong.get(query) : readSelector(query);
}

/**
 * Whether a long query has probably occurred before. Lists of ids that are used once must stay
 * short-lived garbage, or collecting them costs more than parsing them.
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

/** Converts decoded pairs to a selector; returns an error message for invalid ones. */
export function selectorOf(pairs: ReadonlyMap<string, string>): Selector | string {
  if (pairs.size === 0) return 'the selector is empty; ?all=true selects every connection';
  const ids = pairs.get('id') ?? '';
  if (ids !== '') return { kind: 'ids', ids: splitIds(ids) };
  const all = pairs.get('all');
  if (all === undefined) return { kind: 'pairs', pairs };
  // Never a tag: a misspelt `all=True` would silently reach no connection.
  if (all !== 'true') return `all must be 'true' (got ${JSON.stringify(all)}); ?all=true selects every connection`;
  return pairs.size === 1
    ? { kind: 'all' }
    : 'all=true selects every connection and must be the only pair of the selector';
}

function splitIds(list: string): Set<string> {
  const ids = new Set(list.split(','));
  ids.delete('');
  return ids;
}

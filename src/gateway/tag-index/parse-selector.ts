import { Memo } from '../../core/memo.js';
import { parseQuery } from './parse-query.js';
import type { Selector } from './selector.js';

/** Backends ask for the same rooms and groups again and again. Measured by bench/fan-out. */
const SHORT_QUERY = 256;
const remembered = new Memo(256, readSelector);
/** A few only: lists of ids that never come again must die young, or collecting them costs more than reading them. */
const rememberedLong = new Memo(16, readSelector);

/**
 * Reads the selector in a request's query. A non-empty `id` is a list of ids, and no other pair counts; `all=true` alone
 * is everybody; else all pairs must match. `empty`: nothing was asked for, which the caller refuses. Equal queries may be answered by one object.
 */
export function parseSelector(query: string): Selector | 'empty' {
  return query.length <= SHORT_QUERY ? remembered.get(query) : rememberedLong.get(query);
}

function readSelector(query: string): Selector | 'empty' {
  const pairs = parseQuery(query);
  if (pairs.size === 0) return 'empty';
  const ids = pairs.get('id') ?? '';
  if (ids !== '') return { kind: 'ids', ids: splitIds(ids) };
  if (pairs.size === 1 && pairs.get('all') === 'true') return { kind: 'all' };
  return { kind: 'pairs', pairs };
}

function splitIds(list: string): Set<string> {
  const ids = new Set(list.split(','));
  ids.delete('');
  return ids;
}

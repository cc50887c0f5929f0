import type { Bus } from '../bus/bus.js';
import { parseQuery } from '../tag-index/parse-query.js';
import { selectorOf, type Selector } from '../tag-index/parse-selector.js';
import { pairsProblem } from './send-routes.js';

/** The query of `/status`. */
export interface StatusQuery {
  readonly selector: Selector;
  readonly json: boolean;
  /** Whether the listing is sorted by id, starts after `after` and has at most `limit` entries. */
  readonly isPaged: boolean;
  /** '' sorts before every id. */
  readonly after: string;
  readonly limit: number;
}

const EVERYBODY: Selector = { kind: 'all' };
/** Parameters of `/status` besides tags. */
const STATUS_PARAMETERS: ReadonlySet<string> = new Set(['format', 'limit', 'after', 'id', 'all']);
const WHOLE_NUMBER = /^[1-9]\d{0,8}$/;

/**
 * Parses the query of `/status`: its own parameters, and a selector from the rest. Returns an error
 * message for an invalid query. Unlike in `/send`, an invalid pair is an error: without it the
 * listing could include all connections.
 */
export async function readStatusQuery(query: string, bus: Bus): Promise<StatusQuery | string> {
  const unreadable = pairsProblem(query);
  if (unreadable !== undefined) return unreadable;
  const { format, limit, after, ...rest } = splitParameters(parseQuery(query));
  const problem = formatProblem(format) ?? limitProblem(limit) ?? (await unknownParameter(rest.pairs, bus));
  if (problem !== undefined) return problem;
  const selector = rest.pairs.size === 0 ? EVERYBODY : selectorOf(rest.pairs);
  if (typeof selector === 'string') return selector;
  return {
    selector,
    json: format === 'json',
    isPaged: limit !== '' || after !== undefined,
    after: after ?? '',
    limit: limit === '' ? Number.POSITIVE_INFINITY : Number(limit),
  };
}

/** Parses the query of `/tree`, which takes `format` only. */
export function readTreeQuery(query: string): { readonly json: boolean } | string {
  const unreadable = pairsProblem(query);
  if (unreadable !== undefined) return unreadable;
  const { format = '', ...others } = Object.fromEntries(parseQuery(query));
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return `unknown parameter ${JSON.stringify(unknown)}: /tree accepts format`;
  return formatProblem(format) ?? { json: format === 'json' };
}

/**
 * Separates the parameters from the tags. An empty value counts as absent, except for `after`,
 * whose presence requests sorting.
 */
function splitParameters(pairs: Map<string, string>) {
  const take = (key: string): string | undefined => {
    const value = pairs.get(key);
    pairs.delete(key);
    return value;
  };
  return { format: take('format') ?? '', limit: take('limit') ?? '', after: take('after'), pairs };
}

function formatProblem(format: string): string | undefined {
  const isKnown = format === '' || format === 'json' || format === 'text';
  return isKnown ? undefined : `format must be json or text (got ${JSON.stringify(format)})`;
}

function limitProblem(limit: string): string | undefined {
  const isKnown = limit === '' || WHOLE_NUMBER.test(limit);
  return isKnown ? undefined : `limit must be an integer >= 1 (got ${JSON.stringify(limit)})`;
}

/**
 * Returns an error for a key that is not a known tag. A misspelt parameter would otherwise select
 * no connection and return an empty listing.
 */
async function unknownParameter(pairs: ReadonlyMap<string, string>, bus: Bus): Promise<string | undefined> {
  for (const key of pairs.keys()) {
    if (STATUS_PARAMETERS.has(key) || (await bus.knowsTagKey(key))) continue;
    const reason = 'no connection has had a tag with that name since the start';
    return `unknown parameter ${JSON.stringify(key)}: /status accepts format, limit, after and a selector, and ${reason}`;
  }
  return undefined;
}

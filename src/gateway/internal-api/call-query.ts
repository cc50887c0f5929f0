import { Memo } from '../../core/memo.js';
import type { CallOptions } from '../bus/bus.js';
import { CALL_PARAMETERS, MOST_DEADLINE_MS } from '../config/cluster-config.js';
import { decodeEscapes } from '../tag-index/parse-query.js';

/** How a call is carried out and answered. */
export interface CallManner {
  readonly options: CallOptions;
  /** Whether a node that did not answer makes the answer an error. */
  readonly strict: boolean;
  /** Whether the answer is JSON with the counts by node. */
  readonly report: boolean;
}

/** A query in a cluster: the selector, and the parameters beside it. */
export interface CallQuery {
  /** The query without the parameters. */
  readonly selector: string;
  readonly manner: CallManner;
}

/** The manner without a cluster. */
export const PLAIN_MANNER: CallManner = { options: {}, strict: false, report: false };

/** Number of different queries that are remembered, because backends repeat them. */
const MOST_QUERIES = 256;
/** Longer queries are lists of ids, mostly used once. */
const LONGEST_QUERY = 256;

/**
 * Separates the parameters `strict`, `report`, `wait` and `deadline_ms` from the selector. Without
 * them the selector is the query itself.
 */
export class CallQueryReader {
  readonly #manner: CallManner;
  readonly #remembered: Memo<CallQuery | string>;

  /** `strict` is the default of the configuration. */
  constructor(strict: boolean) {
    this.#manner = { ...PLAIN_MANNER, strict };
    this.#remembered = new Memo(MOST_QUERIES, (query) => this.#split(query), LONGEST_QUERY);
  }

  /** Returns an error message for a parameter with an invalid value. */
  read(query: string): CallQuery | string {
    return this.#remembered.get(query);
  }

  #split(query: string): CallQuery | string {
    const given = new Map<string, string>();
    const rest = query.split('&').filter((piece) => {
      const equals = piece.indexOf('=');
      const key = decoded(equals < 0 ? piece : piece.slice(0, equals));
      if (!CALL_PARAMETERS.has(key)) return true;
      // As in selectors, the first value counts.
      if (!given.has(key)) given.set(key, equals < 0 ? '' : decoded(piece.slice(equals + 1)));
      return false;
    });
    if (given.size === 0) return { selector: query, manner: this.#manner };
    const manner = readManner(given, this.#manner);
    return typeof manner === 'string' ? manner : { selector: rest.join('&'), manner };
  }
}

/** The text itself where an escape is invalid: no parameter has such a value. */
function decoded(text: string): string {
  return decodeEscapes(text.replaceAll('+', ' ')) ?? text;
}

function readManner(given: ReadonlyMap<string, string>, byDefault: CallManner): CallManner | string {
  const problem = mannerProblem(given);
  if (problem !== undefined) return problem;
  const strict = given.get('strict');
  const deadline = given.get('deadline_ms');
  const deadlineMs = deadline === undefined ? undefined : Number(deadline);
  return {
    options: given.get('wait') === 'false' ? { deadlineMs, wait: false } : { deadlineMs },
    strict: strict === undefined ? byDefault.strict : strict === 'true',
    report: given.has('report'),
  };
}

function mannerProblem(given: ReadonlyMap<string, string>): string | undefined {
  const strict = given.get('strict');
  const wait = given.get('wait');
  const ofOne =
    booleanProblem('strict', strict) ??
    booleanProblem('wait', wait) ??
    reportProblem(given.get('report')) ??
    deadlineProblem(given.get('deadline_ms'));
  if (ofOne !== undefined || wait !== 'false' || strict !== 'true') return ofOne;
  return 'strict=true needs the answers of the other nodes, and wait=false does not wait for them: give one of them';
}

function reportProblem(value: string | undefined): string | undefined {
  return value === undefined || value === 'json' ? undefined : `report must be json (got ${JSON.stringify(value)})`;
}

function booleanProblem(key: string, value: string | undefined): string | undefined {
  const isKnown = value === undefined || value === 'true' || value === 'false';
  return isKnown ? undefined : `${key} must be true or false (got ${JSON.stringify(value)})`;
}

function deadlineProblem(value: string | undefined): string | undefined {
  if (value === undefined || (/^[1-9]\d{0,4}$/.test(value) && Number(value) <= MOST_DEADLINE_MS)) return undefined;
  return `deadline_ms must be an integer from 1 to ${MOST_DEADLINE_MS} (got ${JSON.stringify(value)})`;
}

import { ownBatchOutcome, type BatchItem, type BatchOutcome, type Bus } from '../bus/bus.js';
import type { ClusterConfig } from '../config/cluster-config.js';
import type { HttpAnswer, HttpExchange } from '../transport/http/http-exchange.js';
import { badRequest, JSON_TYPE, textAnswer, tooLarge } from './answers.js';
import { FRAMED, NDJSON, readFramed, readNdjson, type BatchEntry } from './batch-body.js';
import { incompleteHeaders, statusWithout } from './call-answer.js';
import { CallQueryReader, type CallManner } from './call-query.js';
import type { Route } from './route.js';

export interface BatchRouteOptions {
  readonly bus: Bus;
  /** Maximum size of a body, inclusive. */
  readonly maxBodyBytes: number;
  /** Undefined: a node on its own. The parameters of a cluster are accepted there too. */
  readonly cluster: Pick<ClusterConfig, 'strict'> | undefined;
}

const READERS = new Map([
  [NDJSON, readNdjson],
  [FRAMED, readFramed],
]);
const NOTHING_SENT = ownBatchOutcome([]);

/**
 * `POST /batch`: sends many messages, each to its own selector, as one call, and answers with their
 * counts in order. An item that cannot be sent fails alone.
 */
export function batchRoute({ bus, maxBodyBytes, cluster }: BatchRouteOptions): Route {
  const queries = new CallQueryReader(cluster?.strict ?? false);
  return {
    path: '/batch',
    method: 'POST',
    open: false,
    handle: async (exchange) => {
      const asked = queries.read(exchange.request.query);
      if (typeof asked === 'string') return exchange.answer(badRequest(asked));
      if (asked.selector !== '') return exchange.answer(badRequest(SELECTORS_ARE_INSIDE));
      const type = exchange.request.headers.get('content-type') ?? '';
      const read = READERS.get((type.split(';', 1)[0] ?? '').trim().toLowerCase());
      if (read === undefined) return exchange.answer(unknownType(type));
      const body = await exchange.readBody(maxBodyBytes);
      if (body === undefined) return exchange.answer(tooLarge(maxBodyBytes));
      const entries = read(body);
      if ('reason' in entries) return exchange.answer(textAnswer(entries.status, `${entries.reason}\n`));
      const items = entries.filter((entry): entry is BatchItem => typeof entry !== 'string');
      // As for single messages, nothing is awaited where no other node is involved.
      const pending = items.length === 0 ? NOTHING_SENT : bus.sendBatch(items, asked.manner.options);
      const outcome = pending instanceof Promise ? await pending : pending;
      exchange.answer(batchAnswer({ entries, outcome, manner: asked.manner, json: wantsJson(exchange) }));
    },
  };
}

const SELECTORS_ARE_INSIDE =
  '/batch accepts strict, report, wait and deadline_ms; the selectors are in the body, one for each message';

function unknownType(type: string): HttpAnswer {
  return textAnswer(415, `the content type must be ${NDJSON} or ${FRAMED} (got ${JSON.stringify(type)})\n`);
}

function wantsJson({ request }: HttpExchange): boolean {
  return request.headers.get('accept')?.includes(JSON_TYPE) === true;
}

interface AnsweredBatch {
  readonly entries: readonly BatchEntry[];
  readonly outcome: BatchOutcome;
  readonly manner: CallManner;
  readonly json: boolean;
}

function batchAnswer({ entries, outcome, manner, json }: AnsweredBatch): HttpAnswer {
  // A node that cannot carry out batches misses all messages, as a silent one may.
  const missing = [...outcome.silent, ...outcome.refused.keys()].sort();
  const status = statusWithout(missing, manner);
  const headers = incompleteHeaders(missing);
  if (!json && !manner.report) return textAnswer(status, batchText(entries, outcome.totals), headers);
  const body = `${JSON.stringify(batchReport(entries, outcome))}\n`;
  return { status, headers: { 'Content-Type': JSON_TYPE, ...headers }, body };
}

/** One line for each item: its count, or `error: ` and the reason. */
function batchText(entries: readonly BatchEntry[], totals: readonly number[]): string {
  let text = '';
  let sent = 0;
  for (const entry of entries) text += typeof entry === 'string' ? `error: ${entry}\n` : `${totals[sent++]}\n`;
  return text;
}

/** Items that failed have the count null. They are numbered from 1. */
function batchReport(entries: readonly BatchEntry[], { totals, silent, refused }: BatchOutcome): object {
  let sent = 0;
  const counts = entries.map((entry) => (typeof entry === 'string' ? null : totals[sent++]));
  const errors = entries.flatMap((error, index) => (typeof error === 'string' ? [{ item: index + 1, error }] : []));
  return { counts, errors, silent, refused: Object.fromEntries(refused) };
}

import { isUtf8 } from 'node:buffer';
import { tagProblem, type TagLimits } from '../access/tag-limits.js';
import type { Bus, CallOptions, CallOutcome } from '../bus/bus.js';
import type { ClusterConfig } from '../config/cluster-config.js';
import { makeMessage } from '../connection/message.js';
import { parseQuery } from '../tag-index/parse-query.js';
import { parseSelector, type Selector } from '../tag-index/parse-selector.js';
import type { HttpExchange, HttpRequest } from '../transport/http/http-exchange.js';
import { badRequest, tooLarge } from './answers.js';
import { callAnswer } from './call-answer.js';
import { CallQueryReader, PLAIN_MANNER } from './call-query.js';
import type { Route } from './route.js';

/**
 * Returns why a form body is invalid; undefined if it is valid. Rules and messages are those of
 * Go's url.ParseQuery.
 */
export function formProblem(body: Uint8Array): string | undefined {
  if (!isUtf8(body)) return 'the form body must be UTF-8';
  const text = Buffer.from(body).toString();
  const problem = pairsProblem(text);
  if (problem !== undefined) return problem;
  return text.split('&').every(decodes) ? undefined : 'the form body must be UTF-8';
}

/** Returns why pairs are invalid. Go would silently skip such a pair. */
export function pairsProblem(text: string): string | undefined {
  if (text.includes(';')) return 'invalid semicolon separator in query';
  const broken = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text);
  return broken === null ? undefined : `invalid URL escape ${JSON.stringify(broken[0])}`;
}

function decodes(piece: string): boolean {
  try {
    decodeURIComponent(piece);
    return true;
  } catch {
    return false;
  }
}

export interface SendRoutesOptions {
  readonly bus: Bus;
  /** Maximum size of a body, inclusive. */
  readonly maxBodyBytes: number;
  readonly tagLimits: TagLimits;
  /** Undefined: a node on its own, whose queries are selectors alone. */
  readonly cluster: Pick<ClusterConfig, 'strict'> | undefined;
}

/**
 * `POST /send`, `/settags` and `/close`: act on the selected connections and answer with their
 * number.
 */
export function sendRoutes({ bus, maxBodyBytes, tagLimits, cluster }: SendRoutesOptions): Route[] {
  const queries = cluster && new CallQueryReader(cluster.strict);
  const route = (path: string, act: Action): Route => ({
    path,
    method: 'POST',
    open: false,
    handle: (exchange) => actOnSelected(exchange, { maxBodyBytes, queries, act }),
  });
  return [
    route('/send', ({ selector, body, binary, options }) => {
      const problem = messageProblem(body, binary);
      return problem ?? bus.send(selector, makeMessage(body, binary), options);
    }),
    route('/settags', ({ selector, body, options }) => {
      const tags = parseQuery(Buffer.from(body).toString());
      const problem = formProblem(body) ?? tagProblem(tags, tagLimits);
      return problem ?? bus.setTags(selector, tags, options);
    }),
    route('/close', ({ selector, body, binary, options }) => {
      const problem = messageProblem(body, binary);
      return problem ?? bus.close(selector, body.length === 0 ? undefined : makeMessage(body, binary), options);
    }),
  ];
}

interface SelectedRequest {
  readonly selector: Selector;
  readonly body: Uint8Array;
  readonly binary: boolean;
  readonly options: CallOptions;
}

/** Returns the outcome, or an error message for the caller. */
type Action = (request: SelectedRequest) => Promise<CallOutcome> | CallOutcome | string;

interface Acting {
  readonly maxBodyBytes: number;
  readonly queries: CallQueryReader | undefined;
  readonly act: Action;
}

async function actOnSelected(exchange: HttpExchange, { maxBodyBytes, queries, act }: Acting): Promise<void> {
  const { request } = exchange;
  const asked = queries?.read(request.query);
  if (typeof asked === 'string') return exchange.answer(badRequest(asked));
  const selector = parseSelector(asked === undefined ? request.query : asked.selector);
  if (typeof selector === 'string') return exchange.answer(badRequest(selector));
  const manner = asked === undefined ? PLAIN_MANNER : asked.manner;
  const body = await exchange.readBody(maxBodyBytes);
  if (body === undefined) return exchange.answer(tooLarge(maxBodyBytes));
  const pending = act({ selector, body, binary: isBinary(request), options: manner.options });
  // Hot path: nothing is awaited where no other node is involved. Measured by bench/fan-out.
  const outcome = pending instanceof Promise ? await pending : pending;
  exchange.answer(typeof outcome === 'string' ? badRequest(outcome) : callAnswer(outcome, manner));
}

/**
 * Whether to send a binary frame: only for exactly `application/octet-stream`, as in the original
 * wsgateway.
 */
function isBinary(request: HttpRequest): boolean {
  return request.headers.get('content-type') === 'application/octet-stream';
}

/** Returns why the body is not a valid message; undefined if it is valid. */
function messageProblem(body: Uint8Array, binary: boolean): string | undefined {
  return binary || isUtf8(body)
    ? undefined
    : 'a text message must be UTF-8; send Content-Type: application/octet-stream for bytes';
}

import { isUtf8 } from 'node:buffer';
import { tagProblem, type TagLimits } from '../access/tag-limits.js';
import type { Bus, CallOutcome, NodeCounts } from '../bus/bus.js';
import { makeMessage } from '../connection/message.js';
import { parseQuery } from '../tag-index/parse-query.js';
import { parseSelector, type Selector } from '../tag-index/parse-selector.js';
import type { HttpExchange, HttpRequest } from '../transport/http/http-exchange.js';
import { badRequest, textAnswer } from './answers.js';
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
}

/**
 * `POST /send`, `/settags` and `/close`: act on the selected connections and answer with their
 * number.
 */
export function sendRoutes({ bus, maxBodyBytes, tagLimits }: SendRoutesOptions): Route[] {
  const route = (path: string, act: Action): Route => ({
    path,
    method: 'POST',
    open: false,
    handle: (exchange) => actOnSelected(exchange, maxBodyBytes, act),
  });
  return [
    route('/send', ({ selector, body, binary }) => {
      const problem = messageProblem(body, binary);
      return problem ?? bus.send(selector, makeMessage(body, binary));
    }),
    route('/settags', ({ selector, body }) => {
      const tags = parseQuery(Buffer.from(body).toString());
      const problem = formProblem(body) ?? tagProblem(tags, tagLimits);
      return problem ?? bus.setTags(selector, tags);
    }),
    route('/close', ({ selector, body, binary }) => {
      const problem = messageProblem(body, binary);
      return problem ?? bus.close(selector, body.length === 0 ? undefined : makeMessage(body, binary));
    }),
  ];
}

interface SelectedRequest {
  readonly selector: Selector;
  readonly body: Uint8Array;
  readonly binary: boolean;
}

/** Returns the outcome, or an error message for the caller. */
type Action = (request: SelectedRequest) => Promise<CallOutcome> | CallOutcome | string;

async function actOnSelected(exchange: HttpExchange, maxBodyBytes: number, act: Action): Promise<void> {
  const { request } = exchange;
  const selector = parseSelector(request.query);
  if (typeof selector === 'string') return exchange.answer(badRequest(selector));
  const body = await exchange.readBody(maxBodyBytes);
  if (body === undefined) return exchange.answer(textAnswer(413, `the body is larger than ${maxBodyBytes} bytes\n`));
  const pending = act({ selector, body, binary: isBinary(request) });
  // Hot path: nothing is awaited where no other node is involved. Measured by bench/fan-out.
  const outcome = pending instanceof Promise ? await pending : pending;
  if (typeof outcome === 'string') return exchange.answer(badRequest(outcome));
  const [refusal] = outcome.refused.values();
  if (refusal !== undefined) return exchange.answer(badRequest(refusal));
  exchange.answer(textAnswer(200, String(totalOf(outcome.counts))));
}

function totalOf(counts: NodeCounts): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
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

import type { ConnectionStatus, Bus, StatusListing } from '../bus/bus.js';
import type { HttpExchange, HttpStream } from '../transport/http/http-exchange.js';
import { badRequest, JSON_TYPE, TEXT, textAnswer } from './answers.js';
import { incompleteHeaders } from './call-answer.js';
import type { Route } from './route.js';
import { readStatusQuery, readTreeQuery, type StatusQuery } from './status-query.js';

/**
 * Formats one line like the original wsgateway: `id=<id> k=v k=v ` and a newline. Tags are escaped,
 * so that they cannot forge a line or a pair.
 */
export function statusLine({ id, tags }: ConnectionStatus): string {
  let line = `id=${id} `;
  for (const [key, value] of tags) line += `${escapePairText(key)}=${escapePairText(value)} `;
  return `${line}\n`;
}

/** Formats a connection as one JSON object. */
export function statusJson({ id, tags }: ConnectionStatus): string {
  return JSON.stringify({ id, tags: Object.fromEntries(tags) });
}

/** Formats each key, followed by ` - value` for each value in use and an empty line. */
export function treeText(tree: ReadonlyMap<string, readonly string[]>): string {
  let text = '';
  for (const [key, values] of tree) {
    text += `${escapeControls(key)}\n`;
    for (const value of values) text += ` - ${escapeControls(value)}\n`;
    text += '\n';
  }
  return text;
}

/** Percent-encodes separators: control characters, spaces and `=`. */
function escapePairText(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029 =]/gu, encodeURIComponent);
}

function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, encodeURIComponent);
}

/** `GET /status` and `/tree`: the open connections, and the tags in use. */
export function statusRoutes(bus: Bus): Route[] {
  return [
    { path: '/status', method: 'GET', open: false, handle: (exchange) => answerStatus(exchange, bus) },
    { path: '/tree', method: 'GET', open: false, handle: (exchange) => answerTree(exchange, bus) },
  ];
}

async function answerTree(exchange: HttpExchange, bus: Bus): Promise<void> {
  const asked = readTreeQuery(exchange.request.query);
  if (typeof asked === 'string') return exchange.answer(badRequest(asked));
  const { tree, silent } = await bus.tree();
  const headers = incompleteHeaders(silent);
  if (!asked.json) return exchange.answer(textAnswer(200, treeText(tree), headers));
  const body = `${JSON.stringify(Object.fromEntries(tree))}\n`;
  exchange.answer({ status: 200, headers: { 'Content-Type': JSON_TYPE, ...headers }, body });
}

async function answerStatus(exchange: HttpExchange, bus: Bus): Promise<void> {
  const asked = await readStatusQuery(exchange.request.query, bus);
  if (typeof asked === 'string') return exchange.answer(badRequest(asked));
  const listing = asked.isPaged ? await sortedPage(bus, asked) : wholeListing(bus, asked);
  const headers = { 'Content-Type': asked.json ? JSON_TYPE : TEXT, ...incompleteHeaders(listing.silent()) };
  const stream = exchange.stream({ status: 200, headers });
  await writeChunks(stream, asked.json ? jsonChunks(listing) : textChunks(listing));
}

/** A listing as it is answered. `next` is the id to continue after if there are more. */
interface AnsweredListing extends StatusListing {
  readonly next: string | undefined;
}

function wholeListing(bus: Bus, { selector }: StatusQuery): AnsweredListing {
  const listing = bus.status({ selector });
  return { pages: listing.pages, silent: () => listing.silent(), next: undefined };
}

/**
 * Returns one page sorted by id, so that paging continues correctly even if the last connection of a
 * page has closed. It is read to its end before the answer begins, so silent nodes are known then.
 */
async function sortedPage(bus: Bus, { selector, after, limit }: StatusQuery): Promise<AnsweredListing> {
  const later: ConnectionStatus[] = [];
  // One more than asked for shows whether there are more.
  const request = { selector, after, limit: Number.isFinite(limit) ? limit + 1 : undefined };
  const listing = bus.status(request);
  for await (const page of listing.pages) later.push(...page);
  const connections = later.slice(0, limit);
  const next = later.length > limit ? connections.at(-1)?.id : undefined;
  return { pages: onePage(connections), silent: () => listing.silent(), next };
}

async function* onePage(connections: readonly ConnectionStatus[]): AsyncGenerator<readonly ConnectionStatus[]> {
  yield connections;
}

/**
 * Ends with a line that no connection has when nodes were silent: the transports differ in trailers,
 * and many clients drop them.
 */
async function* textChunks(listing: AnsweredListing): AsyncGenerator<string> {
  for await (const connections of listing.pages) yield connections.map(statusLine).join('');
  const missing = listing.silent();
  if (missing.length > 0) yield `incomplete=${missing.join(',')} \n`;
}

async function* jsonChunks(listing: AnsweredListing): AsyncGenerator<string> {
  let separator = '{"connections":[';
  for await (const connections of listing.pages) {
    if (connections.length === 0) continue;
    yield separator + connections.map(statusJson).join(',\n');
    separator = ',\n';
  }
  const start = separator.startsWith('{') ? separator : '';
  const missing = listing.silent();
  const tail = missing.length === 0 ? '' : `,"silent":${JSON.stringify(missing)}`;
  yield `${start}],"next":${JSON.stringify(listing.next ?? null)}${tail}}\n`;
}

/**
 * Writes chunks as fast as the peer reads them, then ends the stream. Stops when the peer has
 * disconnected.
 */
async function writeChunks(stream: HttpStream, chunks: AsyncIterable<string>): Promise<void> {
  const pace = new StreamPace(stream);
  for await (const chunk of chunks) {
    if (pace.closed) return;
    if (chunk !== '' && !stream.write(chunk)) await pace.writable();
  }
  stream.end();
}

/** Waits for a stream to accept more data or to close. */
class StreamPace {
  closed = false;
  #wake: (() => void) | undefined;

  constructor(stream: HttpStream) {
    stream.onDrain(() => this.#wake?.());
    stream.onClose(() => {
      this.closed = true;
      this.#wake?.();
    });
  }

  writable(): Promise<void> {
    return this.closed ? Promise.resolve() : new Promise((resolve) => (this.#wake = resolve));
  }
}

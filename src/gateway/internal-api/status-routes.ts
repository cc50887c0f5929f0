import type { ConnectionStatus, Bus } from '../bus/bus.js';
import type { HttpExchange, HttpStream } from '../transport/http/http-exchange.js';
import { badRequest, JSON_TYPE, TEXT, textAnswer } from './answers.js';
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
  const { tree } = await bus.tree();
  if (!asked.json) return exchange.answer(textAnswer(200, treeText(tree)));
  const body = `${JSON.stringify(Object.fromEntries(tree))}\n`;
  exchange.answer({ status: 200, headers: { 'Content-Type': JSON_TYPE }, body });
}

async function answerStatus(exchange: HttpExchange, bus: Bus): Promise<void> {
  const asked = await readStatusQuery(exchange.request.query, bus);
  if (typeof asked === 'string') return exchange.answer(badRequest(asked));
  const { json } = asked;
  const pages = asked.isPaged ? sortedPage(bus, asked) : allPages(bus, asked);
  const stream = exchange.stream({ status: 200, headers: { 'Content-Type': json ? JSON_TYPE : TEXT } });
  await writeChunks(stream, json ? jsonChunks(pages) : textChunks(pages));
}

/** A page of connections, and the id to continue after if there are more. */
interface StatusPage {
  readonly connections: readonly ConnectionStatus[];
  readonly next: string | undefined;
}

async function* allPages(bus: Bus, { selector }: StatusQuery): AsyncGenerator<StatusPage> {
  for await (const connections of bus.status({ selector }).pages) yield { connections, next: undefined };
}

/**
 * Yields one page sorted by id, so that paging continues correctly even if the last connection of a
 * page has closed.
 */
async function* sortedPage(bus: Bus, { selector, after, limit }: StatusQuery): AsyncGenerator<StatusPage> {
  const later: ConnectionStatus[] = [];
  // One more than asked for shows whether there are more.
  const request = { selector, after, limit: Number.isFinite(limit) ? limit + 1 : undefined };
  for await (const page of bus.status(request).pages) later.push(...page);
  const connections = later.slice(0, limit);
  yield { connections, next: later.length > limit ? connections.at(-1)?.id : undefined };
}

async function* textChunks(pages: AsyncIterable<StatusPage>): AsyncGenerator<string> {
  for await (const { connections } of pages) yield connections.map(statusLine).join('');
}

async function* jsonChunks(pages: AsyncIterable<StatusPage>): AsyncGenerator<string> {
  let separator = '{"connections":[';
  let next: string | undefined;
  for await (const page of pages) {
    next = page.next;
    if (page.connections.length === 0) continue;
    yield separator + page.connections.map(statusJson).join(',\n');
    separator = ',\n';
  }
  const start = separator.startsWith('{') ? separator : '';
  yield `${start}],"next":${JSON.stringify(next ?? null)}}\n`;
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

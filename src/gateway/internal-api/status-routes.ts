import type { Bus, ConnectionStatus } from '../bus/bus.js';
import { parseQuery } from '../tag-index/parse-query.js';
import type { HttpExchange } from '../transport/http-exchange.js';
import { badRequest, JSON_TYPE, TEXT, textAnswer } from './answers.js';
import type { Route } from './route.js';
import { statusJson, statusLine, treeText } from './status-text.js';
import { writeChunks } from './stream-writer.js';

/** `GET /status` and `/tree`: who is connected, and which tags are in use. */
export function statusRoutes(bus: Bus): Route[] {
  return [
    { path: '/status', method: 'GET', open: false, handle: (exchange) => answerStatus(exchange, bus) },
    { path: '/tree', method: 'GET', open: false, handle: (exchange) => answerTree(exchange, bus) },
  ];
}

async function answerTree(exchange: HttpExchange, bus: Bus): Promise<void> {
  const tree = await bus.tree();
  const json = parseQuery(exchange.request.query).get('format') === 'json';
  if (!json) return exchange.answer(textAnswer(200, treeText(tree)));
  const body = `${JSON.stringify(Object.fromEntries(tree))}\n`;
  exchange.answer({ status: 200, headers: { 'Content-Type': JSON_TYPE }, body });
}

async function answerStatus(exchange: HttpExchange, bus: Bus): Promise<void> {
  const query = parseQuery(exchange.request.query);
  const limit = query.get('limit');
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit)) {
    return exchange.answer(badRequest('limit must be a whole number from 1'));
  }
  const paged = limit !== undefined || query.has('after');
  const pages = paged ? sortedPage(bus, query.get('after') ?? '', Number(limit ?? Infinity)) : allPages(bus);
  const json = query.get('format') === 'json';
  const stream = exchange.stream({ status: 200, headers: { 'Content-Type': json ? JSON_TYPE : TEXT } });
  await writeChunks(stream, json ? jsonChunks(pages) : textChunks(pages));
}

/** Connections, and the id to continue after when there are more. */
interface StatusPage {
  readonly connections: readonly ConnectionStatus[];
  readonly next: string | undefined;
}

async function* allPages(bus: Bus): AsyncGenerator<StatusPage> {
  for await (const connections of bus.status()) yield { connections, next: undefined };
}

/** Ordered by id, so that paging goes on where it stood even when the connection it stood at has gone. */
async function* sortedPage(bus: Bus, after: string, limit: number): AsyncGenerator<StatusPage> {
  const later: ConnectionStatus[] = [];
  for await (const page of bus.status()) later.push(...page.filter(({ id }) => id > after));
  later.sort((a, b) => (a.id < b.id ? -1 : 1));
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

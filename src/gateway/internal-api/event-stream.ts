import type { Clock } from '../../core/clock.js';
import type { HttpAnswer, HttpExchange, HttpRequest } from '../transport/http/http-exchange.js';
import { formatEventId, parseEventId } from '../event/gateway-event.js';
import { EventStreamSession, type SessionStart } from './event-stream-session.js';
import type { MemorySink } from '../sinks/memory/memory-sink.js';

const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // Disables buffering in proxies, which would delay events.
  'X-Accel-Buffering': 'no',
} as const;

/**
 * Parameter for the last event's id, used by polyfills of EventSource, which cannot set a header.
 */
const POLYFILL_PARAMETER = 'lastEventId';

/**
 * `GET /events`: streams the embedded sink's ring as Server-Sent Events, from `Last-Event-ID` or
 * `since` on.
 */
export class EventStream {
  readonly #sink: MemorySink;
  readonly #clock: Clock;

  constructor(sink: MemorySink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  /**
   * Streams until the peer disconnects or the sink stops. Answers 400 to an invalid event id or an
   * unknown parameter.
   */
  handle(exchange: HttpExchange): void {
    const unknown = unknownParameter(exchange.request.query);
    if (unknown !== undefined) {
      return exchange.answer(badRequest(`unknown parameter ${JSON.stringify(unknown)}: /events accepts since\n`));
    }
    const asked = askedPlace(exchange.request);
    const start = this.#startAt(asked);
    if (start === undefined) return exchange.answer(badRequest(refusal(asked)));
    const stream = exchange.stream({ status: 200, headers: STREAM_HEADERS });
    if (exchange.request.method === 'HEAD') return stream.end();
    new EventStreamSession({ sink: this.#sink, clock: this.#clock, stream, start }).start();
  }

  #startAt(asked: string | undefined): SessionStart | undefined {
    if (asked === undefined) return { place: 'newest', isGap: false };
    if (asked === '0') return { place: 'oldest', isGap: false };
    const id = parseEventId(asked);
    if (id === undefined) return undefined;
    const place = this.#sink.sequenceOf(id);
    return place === undefined ? { place: 'oldest', isGap: true } : { place, isGap: false };
  }
}

/**
 * Prefers the header, because a browser that reconnects may still have `since` in its URL; the
 * header is newer.
 */
function askedPlace(request: HttpRequest): string | undefined {
  const header = request.headers.get('last-event-id');
  if (header !== undefined && header !== '') return header;
  const query = new URLSearchParams(request.query);
  return query.get('since') ?? query.get(POLYFILL_PARAMETER) ?? undefined;
}

/** Returns an unknown parameter. A misspelt `since` would silently skip the requested events. */
function unknownParameter(query: string): string | undefined {
  return [...new URLSearchParams(query).keys()].find((key) => key !== 'since' && key !== POLYFILL_PARAMETER);
}

function badRequest(body: string): HttpAnswer {
  return { status: 400, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
}

function refusal(asked: string | undefined): string {
  const example = formatEventId({ node: '00af', epoch: 1_700_000_000_000 }, 42);
  return `${JSON.stringify(asked)} is not an event id: give an id as the stream sends it (such as ${example}), or 0 for the oldest event that is kept.\n`;
}

import type { GatewayMetrics } from '../metrics/gateway-metrics.js';
import { redactText } from '../../core/redacting-logger.js';
import type { OutboxState, SinkState } from '../outbox/outbox.js';
import type { HttpAnswer, HttpExchange } from '../transport/http/http-exchange.js';
import type { Route } from './route.js';
import { textAnswer } from './answers.js';

/** `GET /metrics`: Prometheus text. */
export function metricsRoute(metrics: GatewayMetrics): Route {
  return {
    path: '/metrics',
    method: 'GET',
    open: false,
    handle: async (exchange) => {
      const body = await metrics.text();
      exchange.answer({ status: 200, headers: { 'Content-Type': metrics.contentType }, body });
    },
  };
}

/** Details of the outbox and of each sink for `/readyz`. */
export function outboxDetails(state: OutboxState): Readonly<Record<string, string | number>> {
  const details: Record<string, string | number> = { outbox_events: state.events, outbox_bytes: state.bytes };
  if (state.maxDiskBytes > 0) details.outbox_disk_bytes = state.diskBytes;
  if (state.heldBytes > 0) details.outbox_held_bytes = state.heldBytes;
  const { places, bytes, events } = state.damage;
  if (places > 0) details.outbox_damaged = `places=${places} bytes=${bytes} missing_events=${events}`;
  for (const sink of state.sinks) addSink(details, sink);
  return details;
}

function addSink(details: Record<string, string | number>, sink: SinkState): void {
  const { name, required, status, reason, waiting, oldestMs, aside, unjudged, refused, letters, missed } = sink;
  const counts = `waiting=${waiting} oldest_ms=${Math.round(oldestMs)} refused=${refused} missed=${missed}`;
  const dead = letters.letters === 0 ? '' : ` dead_letters=${letters.letters}`;
  details[`sink_${name}`] = `${status} ${required ? 'required' : 'optional'} ${counts}${dead}`;
  if (reason !== undefined) details[`sink_${name}_reason`] = oneLine(reason);
  if (unjudged !== undefined) details[`sink_${name}_unjudged`] = unjudged;
  if (aside.events === 0) return;
  details[`sink_${name}_aside`] = `events=${aside.events} destinations=${aside.destinations}`;
  if (aside.reason !== undefined) details[`sink_${name}_aside_reason`] = oneLine(aside.reason);
}

/** Redacts a text and joins its lines, because each detail is one line. */
function oneLine(text: string): string {
  return redactText(text).replace(/\s+/g, ' ');
}

/**
 * Readiness of the gateway for new connections. `buffering`: ready, but a sink is unavailable, so
 * events are buffered. `bus-deaf`: calls of other nodes of the cluster do not arrive.
 */
export type Readiness = 'ready' | 'buffering' | 'starting' | 'draining' | 'outbox-full' | 'bus-deaf';

/** Whether the gateway accepts new connections. */
function wantsConnections(readiness: Readiness): boolean {
  return readiness === 'ready' || readiness === 'buffering';
}

/** Source of the health routes. Details are shown only to callers that may use the internal API. */
export interface HealthSource {
  readiness(): Readiness;
  details(): Readonly<Record<string, string | number>>;
}

/**
 * `GET /healthz` (the process is alive) and `GET /readyz` (it accepts new connections, else 503).
 * Every caller gets a status and one word.
 */
export function healthRoutes(source: HealthSource): Route[] {
  return [
    route('/healthz', () => ({ status: 200, word: 'ok' }), source),
    route(
      '/readyz',
      () => {
        const word = source.readiness();
        return { status: wantsConnections(word) ? 200 : 503, word };
      },
      source,
    ),
  ];
}

function route(path: string, verdict: () => { status: number; word: string }, source: HealthSource): Route {
  const handle = (exchange: HttpExchange, trusted: boolean) =>
    exchange.answer(health(verdict(), trusted ? source.details() : {}));
  return { path, method: 'GET', open: true, handle };
}

function health(
  { status, word }: { status: number; word: string },
  details: Readonly<Record<string, string | number>>,
): HttpAnswer {
  const lines = Object.entries(details).map(([key, value]) => `${key}: ${value}\n`);
  return textAnswer(status, `${word}\n${lines.join('')}`, { 'Cache-Control': 'no-store' });
}

import type { HttpAnswer, HttpExchange } from '../transport/http-exchange.js';
import { textAnswer } from './answers.js';
import type { Route } from './route.js';

/** Why the gateway wants no new connections, or that it does; `buffering`: it does, but a sink is away, so what is accepted waits. */
export type Readiness = 'ready' | 'buffering' | 'starting' | 'draining' | 'outbox-full';

/** Whether new connections are wanted. */
function wantsConnections(readiness: Readiness): boolean {
  return readiness === 'ready' || readiness === 'buffering';
}

/** What the health routes tell. Details are seen only by those who may use the internal API. */
export interface HealthSource {
  readiness(): Readiness;
  details(): Readonly<Record<string, string | number>>;
}

/** `GET /healthz` (the process answers) and `GET /readyz` (it takes new connections; else 503): a status and one word for anybody. */
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

import { systemClock } from '../../core/clock.js';
import { withDeadline } from '../../core/delay.js';
import { errorMessage } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { HttpRequest } from './http/http-exchange.js';
import type { TransportEndpoint, TransportHandler, UpgradeDecision } from './transport.js';

/** How long a handler may think about an upgrade before the client gets 503. */
export const UPGRADE_TIMEOUT_MS = 10_000;

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' };
const FAILED: UpgradeDecision = { accept: false, status: 500, headers: TEXT, body: 'Internal Server Error\n' };
const TIMED_OUT: UpgradeDecision = {
  accept: false,
  status: 503,
  headers: { ...TEXT, 'Retry-After': '1' },
  body: 'Service Unavailable: the upgrade took too long to decide\n',
};

/** What `askHandler` needs besides the request. */
export interface UpgradeQuestion<C> {
  readonly handler: TransportHandler<C>;
  readonly endpoint: TransportEndpoint;
  readonly log: Logger;
  readonly timeoutMs: number;
}

/**
 * The handler's decision; never rejects and never takes longer than the timeout: a throw is logged
 * and becomes 500, silence 503.
 */
export function askHandler<C>(
  question: UpgradeQuestion<C>,
  request: HttpRequest,
): UpgradeDecision | Promise<UpgradeDecision> {
  try {
    const decision = question.handler.upgrade(request, question.endpoint);
    return decision instanceof Promise ? inTime(decision, question) : decision;
  } catch (thrown) {
    return failed(thrown, question);
  }
}

/**
 * The decision of a handler that needed time, asked again whether it still holds; a throw counts as
 * a refusal.
 */
export function recheckLate<C>(
  handler: TransportHandler<C>,
  decision: UpgradeDecision,
  request: HttpRequest,
  endpoint: TransportEndpoint,
): UpgradeDecision {
  if (!decision.accept) return decision;
  try {
    return handler.recheck?.(request, endpoint) ?? decision;
  } catch {
    return FAILED;
  }
}

async function inTime<C>(pending: Promise<UpgradeDecision>, question: UpgradeQuestion<C>): Promise<UpgradeDecision> {
  try {
    return await withDeadline(systemClock, pending, question.timeoutMs, TIMED_OUT);
  } catch (thrown) {
    return failed(thrown, question);
  }
}

function failed<C>(thrown: unknown, question: UpgradeQuestion<C>): UpgradeDecision {
  question.log.error('transport.handler-failed', {
    handler: 'upgrade',
    path: question.endpoint.path,
    error: errorMessage(thrown),
  });
  return FAILED;
}

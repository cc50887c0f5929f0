import { systemClock } from '../../core/clock.js';
import { withDeadline } from '../../core/delay.js';
import { errorMessage } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { HttpRequest } from './http/http-exchange.js';
import type { TransportEndpoint, TransportHandler, UpgradeDecision } from './transport.js';

/** Time that a handler may take to decide an upgrade before the client gets 503. */
export const UPGRADE_TIMEOUT_MS = 10_000;

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' };
const FAILED: UpgradeDecision = { accept: false, status: 500, headers: TEXT, body: 'Internal Server Error\n' };
const TIMED_OUT: UpgradeDecision = {
  accept: false,
  status: 503,
  headers: { ...TEXT, 'Retry-After': '1' },
  body: 'Service Unavailable: the upgrade took too long to decide\n',
};

/** The arguments of `askHandler` besides the request. */
export interface UpgradeQuestion<C> {
  readonly handler: TransportHandler<C>;
  readonly endpoint: TransportEndpoint;
  readonly log: Logger;
  readonly timeoutMs: number;
}

/**
 * Returns the handler's decision. Never rejects and never takes longer than the timeout: an
 * exception is logged and becomes 500, a timeout 503.
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

/** Checks whether a late acceptance still holds. An exception counts as a refusal. */
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

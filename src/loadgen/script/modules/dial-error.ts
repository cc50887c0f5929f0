import { type DialResult, EarlyEnd } from '../../client/connection.js';
import { tlsProblem } from '../../client/tls-problem.js';
import { NO_HTTP, UNWANTED_EXTENSION } from '../../client/upgrade-response.js';
import { systemErrorCode } from '../../../core/error.js';
import type { SocketRequest } from './ws-params.js';

/** Why there is no connection, in words that scripts of k6 know. */
export function dialErrorText(request: SocketRequest, { error, status, certificate }: DialResult): string {
  const message = error?.message ?? 'unknown error';
  if (status > 0) {
    return message === UNWANTED_EXTENSION ? 'websocket: invalid compression negotiation' : 'websocket: bad handshake';
  }
  if (error instanceof EarlyEnd) return 'unexpected EOF';
  if (message.startsWith(NO_HTTP)) return `malformed HTTP response ${message.slice(NO_HTTP.length)}`;
  return tlsText(request, error, certificate) ?? networkText(request, error) ?? message;
}

function tlsText(
  { target }: SocketRequest,
  error: Error | undefined,
  certificate: DialResult['certificate'],
): string | undefined {
  const { isTls, serverName, host } = target;
  return isTls ? tlsProblem(error, serverName === '' ? host : serverName, certificate)?.text : undefined;
}

function networkText({ target }: SocketRequest, error: Error | undefined): string | undefined {
  const address = target.host.includes(':') ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`;
  switch (systemErrorCode(error)) {
    case 'ECONNREFUSED':
      return `dial tcp ${address}: connect: connection refused`;
    case 'ECONNRESET':
      return `read tcp ${address}: read: connection reset by peer`;
    case 'ETIMEDOUT':
      return `dial tcp ${address}: i/o timeout`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `lookup ${target.host}: no such host`;
    default:
      return undefined;
  }
}

import type { DialResult } from '../../client/connection.js';
import { systemErrorCode } from '../../../core/error.js';
import type { SocketRequest } from './ws-params.js';

/** Why there is no connection, in words that scripts of k6 know. */
export function dialErrorText({ target }: SocketRequest, { error, status }: DialResult): string {
  if (status > 0) return 'websocket: bad handshake';
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
      return `dial tcp: lookup ${target.host}: no such host`;
    default:
      return error?.message ?? 'unknown error';
  }
}

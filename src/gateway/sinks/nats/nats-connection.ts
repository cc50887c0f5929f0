import { isIP } from 'node:net';
import type { NatsConnection } from '@nats-io/transport-node';
import { BackendRefusal } from '../../../core/backend-refusal.js';
import { systemClock } from '../../../core/clock.js';
import { waitAtMost } from '../../../core/delay.js';
import { errorMessage } from '../../../core/error.js';
import { bindSockets } from './bound-sockets.js';

/** The parts of a `nats://` URL as the client library takes them. */
export interface NatsServers {
  readonly servers: string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  readonly tls: boolean;
}

/**
 * Reads one URL or a comma-separated list. The first URL with credentials provides them. A user
 * without password is a token. Throws when a part is not a URL.
 */
export function parseNatsAddr(addr: string): NatsServers {
  const urls = addr.split(',').map((text) => new URL(text.trim()));
  const servers = urls.map((url) => url.host);
  const tls = urls.some(({ protocol }) => protocol === 'tls:');
  const login = urls.find(({ username, password }) => username !== '' || password !== '');
  if (login === undefined) return { servers, tls };
  const user = decodeURIComponent(login.username);
  if (login.password === '') return { servers, tls, token: user };
  return { servers, tls, user, pass: decodeURIComponent(login.password) };
}

/** The address of the servers, and how long connecting may take. */
export interface NatsDialOptions {
  /** Holds credentials: never to be logged. */
  readonly addr: string;
  /** Timeout for all addresses, TLS and login together. Default 5 s. */
  readonly timeoutMs?: number;
  /** First tokens of the subjects for replies. Default `_INBOX`. */
  readonly inboxPrefix?: string;
}

/** Default of `NatsDialOptions.timeoutMs`. */
export const NATS_TIMEOUT_MS = 5_000;
const PING_MS = 10_000;
const CLOSE_TIMEOUT_MS = 500;

/**
 * Connects without reconnecting later. All servers of the list and all addresses of a name share
 * the timeout. `signal` destroys the sockets, now and later.
 */
export async function connectNats(options: NatsDialOptions, signal: AbortSignal): Promise<NatsConnection> {
  const { connect } = await import('@nats-io/transport-node');
  const { addr, timeoutMs = NATS_TIMEOUT_MS, inboxPrefix } = options;
  const { servers, tls, ...login } = parseNatsAddr(addr);
  return bindSockets(signal, () =>
    connect({
      ...login,
      servers,
      ...(tls && { tls: {} }),
      ...(inboxPrefix !== undefined && { inboxPrefix }),
      name: 'wsg',
      reconnect: false,
      timeout: Math.ceil(timeoutMs / addressCount(servers)),
      pingInterval: PING_MS,
      noAsyncTraces: true,
    }),
  );
}

/** Ends within 500 ms even when the server does not answer. */
export async function closeNats(connection: NatsConnection): Promise<void> {
  await waitAtMost(systemClock, connection.close(), CLOSE_TIMEOUT_MS);
}

/**
 * The number of addresses that may be tried one after the other. A name usually has one IPv4 and
 * one IPv6 address.
 */
function addressCount(servers: readonly string[]): number {
  return servers.reduce(
    (sum, server) => sum + (isIP(new URL(`nats://${server}`).hostname.replace(/^\[|\]$/g, '')) > 0 ? 1 : 2),
    0,
  );
}

const REFUSALS: ReadonlySet<string> = new Set([
  'AuthorizationError',
  'UserAuthenticationExpiredError',
  'PermissionViolationError',
  'JetStreamNotEnabled',
  'JetStreamApiError',
  'InvalidNameError',
]);

/** Throws an error of the client library, as a `BackendRefusal` when a retry does not resolve it. */
export function rethrowNats(error: unknown): never {
  if (REFUSALS.has(natsErrorName(error))) throw new BackendRefusal(errorMessage(error), { cause: error });
  throw error;
}

/** The library's errors differ in their name. Empty for what is not an error. */
export function natsErrorName(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

import type { Clock } from '../../core/clock.js';
import { openFileLimit } from '../../core/open-files.js';
import type { Logger } from '../../core/logger.js';
import { ApiKeys } from '../access/api-keys.js';
import { ClientRates } from './client-rates.js';
import { connectionsFor, ConnectionLimits } from '../access/connection-limits.js';
import { ForwardedAddress } from '../access/forwarded-address.js';
import { LimitedLog } from '../../core/limited-log.js';
import { RequestGuard } from '../access/request-guard.js';
import { Whitelist } from '../access/whitelist.js';
import type { Authenticator } from '../auth/authenticator.js';
import { GrantExpiry } from '../auth/grant-expiry.js';
import type { GatewayConfig, EndpointConfig } from '../config/gateway-config.js';
import { Admission } from './admission.js';
import type { Connection } from '../connection/connection.js';
import type { ConnectionRegistry } from '../connection/registry.js';
import type { Delivery } from '../delivery/delivery.js';
import type { GatewayCounters } from '../metrics/gateway-counters.js';
import type { PlainConnectionsOptions, RefusedConnection } from '../transport/http/plain-connections.js';
import type { LongQueries } from '../transport/http/head-limit.js';
import type { AddressOf, SendsProxyHeader } from '../transport/transport.js';
import { JwtAuthenticator } from '../auth/jwt-authenticator.js';
import { WebhookAuthenticator } from '../auth/webhook-authenticator.js';
import type { WorkerLimits } from '../workers/worker-limits.js';

/** Configuration and collaborators of access to the internal API. */
export interface ApiAccessDeps {
  readonly config: GatewayConfig;
  readonly log: Logger;
  readonly clock: Clock;
  readonly counters: GatewayCounters;
}

/** Configuration and collaborators of access control. */
export interface AccessDeps extends ApiAccessDeps {
  readonly registry: ConnectionRegistry;
  readonly delivery: Delivery;
  readonly isClosedToNew: () => boolean;
  /** Limits that several workers have in common; undefined in a process alone. */
  readonly common?: WorkerLimits | undefined;
}

/** Access to the internal API, and addresses behind proxies. */
export interface ApiAccess {
  readonly apiKeys: ApiKeys;
  readonly guard: RequestGuard;
  /** Undefined without trusted proxies. */
  readonly addressOf: AddressOf | undefined;
  readonly sendsProxyHeader: SendsProxyHeader | undefined;
  /** Long queries, allowed for peers that may use the internal API. */
  readonly longQueries: LongQueries;
  readonly plainConnections: {
    readonly ofClients: PlainConnectionsOptions;
    /** Still accepts connections when clients have used their share of descriptors. */
    readonly ofInternalApi: PlainConnectionsOptions;
  };
}

/** Access control: the internal API, upgrades and rates. */
export interface AccessParts extends ApiAccess {
  readonly admission: Admission;
  /** Undefined when no endpoint limits its clients. */
  readonly rates: ClientRates | undefined;
}

/** Shares of the reserved file descriptors that stay free. */
const CLIENTS_LEAVE = 0.5;
const INTERNAL_API_LEAVES = 0.25;

/** Creates access control from the configuration. */
export function composeAccess(deps: AccessDeps): AccessParts {
  const { config, clock } = deps;
  const admission = composeAdmission(deps, config.trustedProxies.length > 0);
  return { ...composeApiAccess(deps), admission, rates: ClientRates.of(config.endpoints, clock) };
}

/** Creates access to the internal API from the configuration. */
export function composeApiAccess(deps: ApiAccessDeps): ApiAccess {
  const { config } = deps;
  const proxies = composeProxies(deps);
  const apiKeys = new ApiKeys(config.internalApiKeys, config.internalApiKeysFile);
  const guard = new RequestGuard({
    whitelist: config.whitelist,
    allowedOrigins: config.internalAllowedOrigins,
    hosts: config.internalHosts,
    isOnlyProxy: proxies?.isOnlyProxy,
    keys: apiKeys,
  });
  const whitelist = new Whitelist(config.whitelist);
  const longQueries: LongQueries = {
    maxBytes: config.limits.maxQueryBytes,
    allows: (address) => whitelist.allows(address),
    isProxy: (peer) => proxies?.isProxy(peer) === true,
  };
  return {
    longQueries,
    plainConnections: composePlainConnections(deps, longQueries),
    apiKeys,
    guard,
    addressOf: proxies?.clientOf,
    sendsProxyHeader: config.proxyProtocol ? proxies?.isProxy : undefined,
  };
}

/**
 * The file descriptors that `max_connections` leaves free are for sinks, the log and the internal
 * API. Clients without a WebSocket may use half of them.
 */
function composePlainConnections(
  { config, log, clock, counters }: ApiAccessDeps,
  known: LongQueries,
): ApiAccess['plainConnections'] {
  const openFiles = openFileLimit();
  const kept = Math.max(0, openFiles - connectionsFor(openFiles));
  const limited = new LimitedLog(log, clock);
  const shared = {
    maxConnections: config.limits.maxPlainConnections,
    isShared: (peer: string) => known.allows(peer) || known.isProxy(peer),
    onRefused: (refused: RefusedConnection) => {
      counters.countPlainRefusal(refused.reason);
      limited.warn('connection.refused', { ...refused });
    },
  };
  const below = (share: number): number => (openFiles === 0 ? Number.POSITIVE_INFINITY : openFiles - kept * share);
  return {
    ofClients: { ...shared, maxDescriptor: below(CLIENTS_LEAVE) },
    ofInternalApi: { ...shared, maxDescriptor: below(INTERNAL_API_LEAVES) },
  };
}

function composeProxies({ config, clock, log }: ApiAccessDeps): ForwardedAddress | undefined {
  const { trustedProxies, trustedProxiesAsClients: asClients } = config;
  if (trustedProxies.length === 0) return undefined;
  return new ForwardedAddress({ trustedProxies, asClients, clock, log: new LimitedLog(log, clock) });
}

function composeAdmission(deps: AccessDeps, isBehindProxies: boolean): Admission {
  const { config, log, clock, registry, delivery, counters, isClosedToNew, common } = deps;
  const { limits, endpoints } = config;
  const { maxConnections, maxConnectionsPerAddress, handshakesPerSecond } = limits;
  const rates = { maxConnections, maxConnectionsPerAddress, handshakesPerSecond };
  return new Admission({
    endpoints,
    isClosedToNew,
    limits: new ConnectionLimits({ ...rates, clock, open: () => registry.size }),
    common,
    tagLimits: limits,
    maxPendingUpgrades: limits.maxPendingUpgrades,
    authenticators: authenticatorsOf(config, clock),
    expiry: new GrantExpiry<Connection>({
      clock,
      onExpired: (connection) => delivery.closeOne(connection, 'token_expired'),
    }),
    isBehindProxies,
    counters,
    clock,
    refusals: new LimitedLog(log, clock),
  });
}

function authenticatorsOf({ endpoints }: GatewayConfig, clock: Clock): Map<string, Authenticator> {
  const authenticators = new Map<string, Authenticator>();
  for (const endpoint of endpoints) {
    const authenticator = createAuthenticator(endpoint, clock);
    if (authenticator !== undefined) authenticators.set(endpoint.path, authenticator);
  }
  return authenticators;
}

/** Creates the authenticator of an endpoint; undefined when every client may connect. */
function createAuthenticator({ auth, subprotocols }: EndpointConfig, clock: Clock): Authenticator | undefined {
  switch (auth.mode) {
    case 'none':
      return undefined;
    case 'jwt':
      return new JwtAuthenticator(auth, subprotocols, clock);
    case 'webhook':
      return new WebhookAuthenticator(auth, subprotocols, clock);
  }
}

import { resolve, join } from 'node:path';
import type { AuthConfig, LimitsConfig } from '../config/access-config.js';
import type { MirrorConfig, OutboxConfig } from '../config/outbox-config.js';
import { parseListenAddress, type ListenAddress } from '../../core/listen-address.js';
import { bufferLimitBytes } from '../connection/endpoint.js';
import type { EndpointConfig, GatewayConfig } from '../config/gateway-config.js';
import type { ConfigFile } from './config-schema.js';
import { resolveCluster, resolveWorkers } from './resolve-cluster.js';

type AuthFile = ConfigFile['endpoints'][number]['auth'];

/** Resolves the authentication of an endpoint. */
export function resolveAuth({ mode, jwt, webhook }: AuthFile, baseDir: string): AuthConfig {
  switch (mode) {
    case 'none':
      return { mode };
    case 'jwt':
      return {
        mode,
        secret: given(jwt.secret),
        secretFile: givenPath(jwt.secret_file, baseDir),
        jwksUrl: given(jwt.jwks_url),
        algorithms: jwt.algorithms,
        issuer: given(jwt.issuer),
        audience: given(jwt.audience),
        queryKey: given(jwt.query_key),
        subprotocolPrefix: given(jwt.subprotocol_prefix),
        claimsToTags: new Map(Object.entries(jwt.claims_to_tags)),
        clockToleranceS: jwt.clock_tolerance_s,
      };
    case 'webhook':
      return {
        mode,
        url: webhook.url,
        timeoutMs: webhook.timeout_s * 1000,
        cacheMs: webhook.cache_s * 1000,
        headers: webhook.headers,
        forwardHeaders: webhook.forward_headers.map((name) => name.toLowerCase()),
      };
  }
}

export function resolveLimits({ limits }: ConfigFile): LimitsConfig {
  return {
    maxConnections: limits.max_connections,
    maxConnectionsPerAddress: limits.max_connections_per_address,
    handshakesPerSecond: limits.handshakes_per_s,
    maxPendingUpgrades: limits.max_pending_upgrades,
    maxPlainConnections: limits.max_plain_connections,
    maxInflateRatio: limits.max_inflate_ratio,
    maxInflateBytesPerSecond: limits.max_inflate_kb_per_s * 1024,
    maxTags: limits.max_tags,
    maxTagBytes: limits.max_tag_bytes,
    maxHeaderBytes: limits.max_header_kb * 1024,
    maxQueryBytes: limits.max_query_kb * 1024,
  };
}

/** Undefined for an empty text, which means that the key was not given. */
export function given(text: string): string | undefined {
  return text === '' ? undefined : text;
}

/** Resolves a path relative to the configuration's folder; undefined when it was not given. */
export function givenPath(text: string, baseDir: string): string | undefined {
  return text === '' ? undefined : resolve(baseDir, text);
}

export function resolveOutbox({ outbox }: ConfigFile, baseDir: string): OutboxConfig {
  const dir = givenPath(outbox.dir, baseDir);
  return {
    maxBytes: outbox.max_bytes,
    maxEvents: outbox.max_events,
    dir,
    durability: outbox.durability,
    fsync: outbox.fsync,
    fsyncIntervalMs: outbox.fsync_interval_ms,
    maxDiskBytes: outbox.max_disk_bytes,
    segmentBytes: outbox.segment_bytes,
    damaged: outbox.damaged,
    connectionShare: outbox.connection_share,
    optionalMaxBytes: outbox.optional_max_bytes,
    lanes: {
      suspectTries: outbox.suspect_tries,
      suspectAfterMs: outbox.suspect_after_s * 1000,
      destinationWaitMs: outbox.destination_wait_s * 1000,
    },
    silentAfterMs: outbox.silent_after_s * 1000,
    deadLetterDir: givenPath(outbox.dead_letter_dir, baseDir) ?? join(dir ?? baseDir, 'dead-letters'),
    deadLetterMaxBytes: outbox.dead_letter_max_bytes,
    deadLetterPolicy: outbox.dead_letter_policy,
  };
}

export function resolveMirror(file: ConfigFile): MirrorConfig | undefined {
  const { addr } = file.connection_redis_sync;
  return addr === '' ? undefined : { addr, ttlMs: file.mirror.ttl_s * 1000 };
}

type EndpointFile = ConfigFile['endpoints'][number];

/**
 * Resolves a validated file to the gateway's configuration: units, overrides of endpoints, paths
 * relative to `baseDir`. Throws `secret.unreadable` when the file of the cluster's secret cannot be
 * used.
 */
export function resolveConfig(file: ConfigFile, baseDir: string): GatewayConfig {
  const { tls } = file;
  return {
    listen: address(file.listen_addr),
    internalListen: file.internal_listen_addr === '' ? undefined : address(file.internal_listen_addr),
    whitelist: file.internal_endpoint_access_whitelist,
    internalHosts: file.internal_hosts,
    internalAllowedOrigins: file.internal_allowed_origins,
    internalApiKeys: file.internal_api_keys,
    internalApiKeysFile: givenPath(file.internal_api_keys_file, baseDir),
    trustedProxies: file.trusted_proxies,
    trustedProxiesAsClients: file.trusted_proxies_as_clients,
    proxyProtocol: file.proxy_protocol,
    limits: resolveLimits(file),
    tls: tls && { certFile: resolve(baseDir, tls.cert_file), keyFile: resolve(baseDir, tls.key_file) },
    transport: file.transport,
    maxSendBodyBytes: file.max_send_body_bytes,
    endpoints: file.endpoints.map((endpoint) => resolveEndpoint(endpoint, file, baseDir)),
    metricsEnabled: file.prometheus.enabled,
    outbox: resolveOutbox(file, baseDir),
    sinks: { embedded: file.events.enabled ?? file.sinks.length === 0, on: file.sinks, positions: file.sinkPositions },
    mirror: resolveMirror(file),
    ring: { maxBytes: file.events.ring_max_bytes, maxEvents: file.events.ring_max_events },
    node: typeof file.node.number === 'number' ? file.node.number : 0,
    cluster: resolveCluster(file, baseDir),
    workers: resolveWorkers(file),
    drain: {
      pauseMs: file.drain.pause_s * 1000,
      closeSpreadMs: file.drain.close_spread_s * 1000,
      flushTimeoutMs: file.drain.flush_timeout_s * 1000,
    },
    plugins: file.plugins,
    baseDir,
  };
}

function resolveEndpoint(endpoint: EndpointFile, file: ConfigFile, baseDir: string): EndpointConfig {
  return {
    path: endpoint.path,
    setTags: new Map(Object.entries(endpoint.set_tags).filter(([, value]) => value !== '')),
    includeTags: endpoint.stream_include_tags,
    jsonExtractVars: new Map(Object.entries(endpoint.json_extract_vars)),
    maxMessageBytes: (endpoint.max_message_size_kb ?? file.max_message_size_kb) * 1024,
    idleTimeoutS: endpoint.idle_timeout_s ?? file.idle_timeout_s,
    subprotocols: endpoint.subprotocols,
    allowedOrigins: endpoint.allowed_origins,
    auth: resolveAuth(endpoint.auth, baseDir),
    messagesPerSecond: endpoint.messages_per_s,
    bytesPerSecond: endpoint.bytes_per_s,
    policy: endpoint.policy,
    maxQueueBytes: endpoint.max_queue_bytes,
    maxBufferedBytes: bufferLimitBytes(endpoint.max_queue_bytes),
    lowWaterBytes: endpoint.low_water_bytes,
    compression: endpoint.compression,
  };
}

function address(text: string): ListenAddress {
  return parseListenAddress(text) ?? { host: '127.0.0.1', port: 0 };
}

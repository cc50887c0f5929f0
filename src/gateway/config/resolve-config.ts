import { parseListenAddress, type ListenAddress } from '../../core/listen-address.js';
import { resolve } from 'node:path';
import { bufferLimitBytes } from '../connection/endpoint.js';
import type { ConfigFile } from './config-schema.js';
import type { EndpointConfig, GatewayConfig } from './gateway-config.js';
import { givenPath, resolveAuth, resolveLimits } from './resolve-access.js';
import { resolveMirror, resolveOutbox, resolveSinks } from './resolve-sinks.js';

type EndpointFile = ConfigFile['endpoints'][number];

/** Makes of a checked file what the gateway runs with: units, overrides of endpoints, paths relative to `baseDir`. */
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
    sinks: resolveSinks(file),
    mirror: resolveMirror(file),
    ring: { maxBytes: file.events.ring_max_bytes, maxEvents: file.events.ring_max_events },
    node: file.node.number,
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

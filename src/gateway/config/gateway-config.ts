import type { Endpoint } from '../connection/endpoint.js';
import type { ListenAddress } from '../../core/listen-address.js';
import type { QueueLimits } from '../event/event-queue.js';
import type { TlsFiles, TransportName } from '../transport/transport.js';
import type { AuthConfig, LimitsConfig } from './access-config.js';
import type { SinksConfig } from '../sinks/sink-definition.js';
import type { MirrorConfig, OutboxConfig } from './sink-config.js';

/** One WebSocket path with what is in force there: global values are filled in. */
export interface EndpointConfig extends Endpoint {
  readonly jsonExtractVars: ReadonlyMap<string, string>;
  readonly subprotocols: readonly string[];
  /** Empty: any origin, and none. */
  readonly allowedOrigins: readonly string[];
  readonly auth: AuthConfig;
  /** 0: no limit. */
  readonly messagesPerSecond: number;
  /** 0: no limit. */
  readonly bytesPerSecond: number;
}

/** A module that runs inside the gateway. */
export interface PluginConfig {
  readonly module: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * What the gateway runs with: checked, complete, in units that code uses. Holds secrets: never to
 * be logged as a whole.
 */
export interface GatewayConfig {
  readonly listen: ListenAddress;
  readonly internalListen: ListenAddress | undefined;
  readonly whitelist: readonly string[];
  readonly internalHosts: readonly string[];
  readonly internalAllowedOrigins: readonly string[];
  /** Empty: none is asked for. */
  readonly internalApiKeys: readonly string[];
  readonly internalApiKeysFile: string | undefined;
  readonly trustedProxies: readonly string[];
  /** Those of them that also ask for themselves. */
  readonly trustedProxiesAsClients: readonly string[];
  readonly proxyProtocol: boolean;
  readonly limits: LimitsConfig;
  readonly tls: TlsFiles | undefined;
  readonly transport: 'auto' | TransportName;
  readonly maxSendBodyBytes: number;
  readonly endpoints: readonly EndpointConfig[];
  readonly metricsEnabled: boolean;
  readonly outbox: OutboxConfig;
  readonly sinks: SinksConfig;
  readonly mirror: MirrorConfig | undefined;
  readonly ring: QueueLimits;
  /** Number of this node in ids. */
  readonly node: number;
  readonly drain: { readonly pauseMs: number; readonly closeSpreadMs: number; readonly flushTimeoutMs: number };
  readonly plugins: readonly PluginConfig[];
  /** Paths of plugin modules are relative to this folder. */
  readonly baseDir: string;
}

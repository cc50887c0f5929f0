import type { Endpoint } from '../connection/endpoint.js';
import type { ListenAddress } from '../../core/listen-address.js';
import type { QueueLimits } from '../event/event-queue.js';
import type { TlsFiles, TransportName } from '../transport/transport.js';
import type { AuthConfig, LimitsConfig } from './access-config.js';
import type { SinksConfig } from '../sinks/sink-definition.js';
import type { ClusterConfig } from './cluster-config.js';
import type { MirrorConfig, OutboxConfig } from './outbox-config.js';

/** One WebSocket path with its settings; global values are filled in. */
export interface EndpointConfig extends Endpoint {
  readonly jsonExtractVars: ReadonlyMap<string, string>;
  readonly subprotocols: readonly string[];
  /** Empty: every origin is allowed, and so is none. */
  readonly allowedOrigins: readonly string[];
  readonly auth: AuthConfig;
  /** 0: no limit. */
  readonly messagesPerSecond: number;
  /** 0: no limit. */
  readonly bytesPerSecond: number;
}

/** A plugin: a module that runs inside the gateway. */
export interface PluginConfig {
  readonly module: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * The validated, complete configuration of a gateway, in the units of the code. Contains secrets:
 * never to be logged as a whole.
 */
export interface GatewayConfig {
  readonly listen: ListenAddress;
  readonly internalListen: ListenAddress | undefined;
  readonly whitelist: readonly string[];
  readonly internalHosts: readonly string[];
  readonly internalAllowedOrigins: readonly string[];
  /** Empty: no key is required. */
  readonly internalApiKeys: readonly string[];
  readonly internalApiKeysFile: string | undefined;
  readonly trustedProxies: readonly string[];
  /** Trusted proxies that also send requests of their own. */
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
  /** The number of this node in ids. */
  readonly node: number;
  /** Undefined: this node is on its own. */
  readonly cluster: ClusterConfig | undefined;
  /** Number of processes that hold connections; 1: this process alone. */
  readonly workers: number;
  readonly drain: { readonly pauseMs: number; readonly closeSpreadMs: number; readonly flushTimeoutMs: number };
  readonly plugins: readonly PluginConfig[];
  /** The folder to which paths of plugin modules are relative. */
  readonly baseDir: string;
}

export { loadConfig } from './config/load-config.js';
export type { ConfigOverrides, ConfigSource, LoadConfigOptions, LoadedConfig } from './config/load-config.js';
export type { GatewayConfig } from './config/gateway-config.js';
export { createClassicLogger } from './log/classic-logger.js';
export { Gateway } from './gateway.js';
export type { GatewayDependencies } from './gateway.js';

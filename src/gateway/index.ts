export { loadConfig } from './config/load-config.js';
export type { ConfigOverrides } from './config/load-config.js';
export { createClassicLogger } from './log/classic-logger.js';
export { Gateway } from './gateway.js';

export { loadConfig } from './config/load-config.js';
export type { ConfigOverrides } from './config/load-config.js';
export { createClassicLogger } from './log/classic-logger.js';
export { Gateway } from './gateway.js';
export { checkGateway } from './check/check-gateway.js';
export type { CheckResult } from './check/check-result.js';
export { diagnose } from './doctor/diagnose.js';
export type { Diagnosis } from './doctor/diagnose.js';
export type { Finding } from './doctor/judge-machine.js';

import { systemClock, type Clock } from '../../src/core/clock.js';
import { silentLogger } from '../../src/core/logger.js';
import { ConnectionLimits } from '../../src/gateway/access/connection-limits.js';
import { LimitedLog } from '../../src/core/limited-log.js';
import { GrantExpiry } from '../../src/gateway/auth/grant-expiry.js';
import type { EndpointConfig } from '../../src/gateway/config/gateway-config.js';
import { Admission, type AdmissionDeps } from '../../src/gateway/admission/admission.js';
import { GatewayCounters } from '../../src/gateway/metrics/gateway-counters.js';

/** An admission without limits that accepts every client; `changes` override that. */
export function openAdmission(
  endpoints: readonly EndpointConfig[],
  changes: Partial<AdmissionDeps> = {},
  clock: Clock = systemClock,
): Admission {
  const none = { maxConnections: 1_000_000, maxConnectionsPerAddress: 0, handshakesPerSecond: 0 };
  return new Admission({
    endpoints,
    isClosedToNew: () => false,
    limits: new ConnectionLimits({ ...none, clock, open: () => 0 }),
    tagLimits: { maxTags: 64, maxTagBytes: 1024 },
    maxPendingUpgrades: 1000,
    authenticators: new Map(),
    expiry: new GrantExpiry({ clock, onExpired: () => undefined }),
    counters: new GatewayCounters(),
    clock,
    refusals: new LimitedLog(silentLogger, clock),
    ...changes,
  });
}

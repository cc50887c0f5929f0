import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { systemClock } from '../../core/clock.js';
import { formatListenAddress, type ListenAddress } from '../../core/listen-address.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { chooseTransport } from '../transport/choose-transport.js';
import { listenError } from '../transport/http/listen-error.js';
import { checkAuth } from './check-auth.js';
import { checkBackends } from './check-backends.js';
import { checkCluster } from './check-cluster.js';
import { checkFiles } from './check-files.js';
import { unwell, type CheckResult } from './check-result.js';

const DEFAULT_TIMEOUT_MS = 5_000;

/**
 * Tries everything that a start needs, in parallel. Changes nothing, leaves nothing behind, and
 * takes no longer than the time limit of a backend.
 */
export async function checkGateway(config: GatewayConfig, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<CheckResult[]> {
  const { listen, internalListen } = config;
  const checks = await Promise.all([
    checkTransport(config),
    checkPort('listen', listen),
    ...(internalListen === undefined ? [] : [checkPort('internal listen', internalListen)]),
    checkFiles(config, systemClock.wallNow()),
    checkBackends(config, { clock: systemClock, timeoutMs }),
    checkCluster(config, { clock: systemClock, timeoutMs }),
    checkAuth(config, timeoutMs),
  ]);
  return [...describeWorkers(config), ...checks.flat()];
}

/** Says how many processes a start makes, where there are several. */
function describeWorkers({ workers }: GatewayConfig): CheckResult[] {
  if (workers === 1) return [];
  const detail = `${workers} processes hold connections, on ${availableParallelism()} cores`;
  return [{ name: 'workers', level: 'ok', detail }];
}

async function checkTransport({ transport }: GatewayConfig): Promise<CheckResult[]> {
  const name = 'transport';
  try {
    const chosen = await chooseTransport(transport);
    const { native } = chosen;
    const library = native === undefined ? '' : `; ${native.package}, ${native.path}, sha256 ${native.sha256}`;
    const limits = (await chosen.selfTest()).map(({ check, observed, consequence }): CheckResult => ({
      name,
      level: 'warning',
      detail: `${check}: ${observed}`,
      hint: consequence,
    }));
    return [{ name, level: 'ok', detail: `${chosen.name}: ${chosen.reason}${library}` }, ...limits];
  } catch (error) {
    return [unwell(name, 'failed', error)];
  }
}

/** Binds the address and releases it at once. */
async function checkPort(name: string, address: ListenAddress): Promise<CheckResult> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address.host, port: address.port, exclusive: true }, resolve);
    });
  } catch (thrown) {
    return unwell(name, 'failed', listenError(address, thrown));
  }
  await new Promise((resolve) => server.close(resolve));
  return { name, level: 'ok', detail: `${formatListenAddress(address)} is free` };
}

import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { systemClock } from '../../core/clock.js';
import { formatListenAddress, type ListenAddress } from '../../core/listen-address.js';
import { maskUrl } from '../../core/masked-url.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { formatNode } from '../connection/connection-id.js';
import { chooseTransport } from '../transport/choose-transport.js';
import { listenError } from '../transport/http/listen-error.js';
import { checkAuth } from './check-auth.js';
import { checkBackends } from './check-backends.js';
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
    checkAuth(config, timeoutMs),
  ]);
  return [...shape(config), ...checks.flat()];
}

/** Describes the workers and the cluster, where there are several processes or nodes. */
function shape({ workers, cluster, node }: GatewayConfig): CheckResult[] {
  const results: CheckResult[] = [];
  if (workers > 1) {
    const detail = `${workers} processes hold connections, on ${availableParallelism()} cores`;
    results.push({ name: 'workers', level: 'ok', detail });
  }
  if (cluster !== undefined) {
    const { name, engine, leasesNumber, strict, deadlineMs, secret } = cluster;
    const number = leasesNumber ? 'a number from the engine' : `the number ${node} (${formatNode(node)})`;
    const silent = `a node that does not answer within ${deadlineMs} ms is ${strict ? 'an error' : 'named in the answer'}`;
    const trust = secret === undefined ? 'without a secret' : 'with a secret';
    const detail = `${name} over ${engine.kind} at ${maskUrl(engine.addr)}, ${trust}; this node has ${number}; ${silent}`;
    results.push({ name: 'cluster', level: 'ok', detail });
  }
  return results;
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

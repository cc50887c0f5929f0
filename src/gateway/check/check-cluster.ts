import { silentLogger, type Logger } from '../../core/logger.js';
import { maskUrl } from '../../core/masked-url.js';
import type { Engine } from '../cluster/engine.js';
import { createEngine } from '../cluster/engines/create-engine.js';
import type { ClusterConfig } from '../config/cluster-config.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { formatNode } from '../connection/connection-id.js';
import { inTime, type BackendPatience } from './check-backends.js';
import { unwell, type CheckResult } from './check-result.js';

const name = 'cluster';

/**
 * Connects to the engine of the cluster as a start does, and disconnects. Other nodes notice
 * nothing, because no beat is sent.
 */
export async function checkCluster(
  { cluster, node }: GatewayConfig,
  patience: BackendPatience,
): Promise<CheckResult[]> {
  if (cluster === undefined) return [];
  let reason = 'no answer';
  const log: Logger = {
    ...silentLogger,
    warn: (_event, fields) => {
      if (typeof fields?.['reason'] === 'string') reason = fields['reason'];
    },
  };
  const engine = createEngine(cluster, { clock: patience.clock, log });
  try {
    await inTime(connect(engine, node, patience.clock.wallNow()), patience);
    if (!engine.isUp) return [away(cluster, reason)];
    return [{ name, level: 'ok', detail: `${described(cluster, node)}; the engine answers` }];
  } catch (error) {
    return [unwell(name, 'failed', error)];
  } finally {
    await engine.stop();
  }
}

function connect(engine: Engine, node: number, boot: number): Promise<void> {
  return engine.start({ node, boot }, { received: () => undefined, up: () => undefined, down: () => undefined });
}

function away({ engine }: ClusterConfig, reason: string): CheckResult {
  return {
    name,
    level: 'failed',
    detail: `${engine.kind} at ${maskUrl(engine.addr)} is not usable: ${reason}`,
    hint: 'The gateway would start and serve its own connections, but not be ready, until it hears other nodes.',
  };
}

function described(
  { name: cluster, engine, leasesNumber, strict, deadlineMs, secret }: ClusterConfig,
  node: number,
): string {
  const number = leasesNumber ? 'a number from the engine' : `the number ${node} (${formatNode(node)})`;
  const silent = `a node that does not answer within ${deadlineMs} ms is ${strict ? 'an error' : 'named in the answer'}`;
  const trust = secret === undefined ? 'without a secret' : 'with a secret';
  return `${cluster} over ${engine.kind} at ${maskUrl(engine.addr)}, ${trust}; this node has ${number}; ${silent}`;
}

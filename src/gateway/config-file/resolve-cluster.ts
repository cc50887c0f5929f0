import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { errorMessage, WsgError } from '../../core/error.js';
import { MIN_SECRET_BYTES } from '../auth/jwt-verifier.js';
import type { ClusterConfig } from '../config/cluster-config.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { redisAddrWarnings } from '../redis/redis-addr.js';
import type { ConfigFile } from './config-schema.js';

/**
 * Resolves the keys of the cluster; undefined for a node on its own. Throws `secret.unreadable`
 * when `secret_file` cannot be used.
 */
export function resolveCluster({ cluster, node }: ConfigFile, baseDir: string): ClusterConfig | undefined {
  const { name, nats, redis, secret, secret_file: secretFile } = cluster;
  if (name === '') return undefined;
  return {
    name,
    engine: nats.addr === '' ? { kind: 'redis', addr: redis.addr } : { kind: 'nats', addr: nats.addr },
    deadlineMs: cluster.deadline_ms,
    strict: cluster.strict,
    secret: secretFile === '' ? secret || undefined : readSecret(resolve(baseDir, secretFile)),
    declareDeadMs: cluster.declare_dead_s * 1000,
    lateEvents: cluster.late_events,
    leasesNumber: node.number === 'auto',
    advertise: cluster.advertise || undefined,
  };
}

/** The number of processes that hold connections. */
export function resolveWorkers({ workers }: ConfigFile): number {
  return workers === 'auto' ? Math.max(1, availableParallelism() - 1) : workers;
}

/** Sentences for the log about a cluster that cannot keep all promises, each after its key. */
export function clusterWarnings({ cluster, mirror }: GatewayConfig): string[] {
  if (cluster === undefined) return [];
  const ofEngine =
    cluster.engine.kind === 'redis'
      ? redisAddrWarnings(cluster.engine.addr).map((warning) => `cluster.redis.${warning}`)
      : [];
  if (mirror !== undefined) return ofEngine;
  const gap =
    'connection_redis_sync.addr is not set: when a node of the cluster is lost, no other node emits the close events of its connections, because only the mirror knows them';
  return [...ofEngine, gap];
}

function readSecret(file: string): string {
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw unreadable(`The file of the cluster's secret ${file} cannot be read: ${errorMessage(cause)}.`, cause);
  }
  const bytes = Buffer.byteLength(secret);
  if (bytes >= MIN_SECRET_BYTES) return secret;
  throw unreadable(`The cluster's secret in ${file} has ${bytes} bytes; at least ${MIN_SECRET_BYTES} are needed.`);
}

function unreadable(sentence: string, cause?: unknown): WsgError {
  return new WsgError('secret.unreadable', sentence, {
    hint: 'The file must contain only the secret; a trailing newline is ignored.',
    cause,
  });
}

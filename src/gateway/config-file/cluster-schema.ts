import { z } from 'zod';
import { parseListenAddress } from '../../core/listen-address.js';
import { MIN_SECRET_BYTES } from '../auth/jwt-verifier.js';
import { CALL_PARAMETERS, MOST_DEADLINE_MS } from '../config/cluster-config.js';
import { redisAddr } from '../redis/redis-addr.js';
import { brokerAddrs } from '../sinks/broker-addr.js';

const HIGHEST_NODE = 65_535;
/** Ids have eight bits for the worker. */
const MOST_WORKERS = 255;

const nodeNumber = z.union([z.int().min(0).max(HIGHEST_NODE), z.literal('auto')], {
  error: ({ input }) => `must be a whole number from 0 to ${HIGHEST_NODE}, or auto, not ${shown(input)}`,
});

const workers = z.union([z.int().min(1).max(MOST_WORKERS), z.literal('auto')], {
  error: ({ input }) => `must be a whole number from 1 to ${MOST_WORKERS}, or auto, not ${shown(input)}`,
});

const clusterName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{0,64}$/, { error: 'is not a name of at most 64 letters, digits, - and _' });

const advertise = z.string().refine(isReachable, { error: 'is not host:port with a port from 1 to 65535' });

const cluster = z
  .object({
    name: clusterName
      .default('')
      .describe(
        'Name of the cluster that this node belongs to, in letters, digits, `-` and `_`; empty: a node on its own. Nodes with the same name and engine reach the connections of one another. Needs exactly one of `cluster.nats.addr` and `cluster.redis.addr`.',
      ),
    nats: z
      .object({
        addr: brokerAddrs('nats', 'tls').describe(
          'URL of the NATS server that carries calls between the nodes; several separated by commas. TLS with `tls://`.',
        ),
      })
      .prefault({})
      .describe('NATS between the nodes.'),
    redis: z
      .object({
        addr: redisAddr.describe(
          'URL of the Redis server that carries calls between the nodes. TLS with `rediss://`. It stores nothing for this, apart from node numbers with `node.number: auto`.',
        ),
      })
      .prefault({})
      .describe('Redis between the nodes.'),
    deadline_ms: z
      .int()
      .min(1)
      .max(MOST_DEADLINE_MS)
      .default(1000)
      .describe('Longest wait for the answers of other nodes; a request may ask for another one with `deadline_ms`.'),
    strict: z
      .boolean()
      .default(false)
      .describe(
        'Answers 504 instead of 200 when a node did not answer, and 503 without the engine; a request may ask for the other with `strict`.',
      ),
    secret: z
      .string()
      .default('')
      .describe(
        `Authenticates messages between nodes; all nodes need the same, of at least ${MIN_SECRET_BYTES} bytes. Empty: a client that may publish at the engine can send to every connection.`,
      ),
    secret_file: z.string().default('').describe('File that holds the secret, instead of `cluster.secret`.'),
    declare_dead_s: z
      .int()
      .min(0)
      .max(86_400)
      .default(300)
      .describe(
        'Time after which another node closes the connections of a node that is gone but may come back with its log (`outbox.dir`). Needs the mirror.',
      ),
    late_events: z
      .enum(['dead-letter', 'deliver'])
      .default('dead-letter')
      .describe(
        'Treatment of the events that the log of such a node still holds when it comes back: `dead-letter` keeps the close the last event of a connection; `deliver` delivers them after it.',
      ),
    advertise: advertise
      .default('')
      .describe('host:port of the internal API of this node, shown by `GET /nodes`; empty: none.'),
  })
  .superRefine((keys, context) => {
    for (const problem of clusterProblems(keys)) context.addIssue({ code: 'custom', ...problem });
  })
  .prefault({})
  .describe('Other nodes.');

/** Keys of what makes several processes or machines one gateway. */
export const clusterKeys = {
  node: z
    .object({
      number: nodeNumber
        .optional()
        .describe(
          'Number of this node, part of the ids of connections and events. `auto` takes a free one from the engine of the cluster (NATS needs JetStream for it). 0 when absent; must be set in a cluster.',
        ),
    })
    .prefault({})
    .describe('The identity of this node.'),
  workers: workers
    .default(1)
    .describe(
      'Number of processes that hold connections; 1: this process alone. `auto`: one fewer than there are cores, at least 1. On macOS and Windows more than 1 needs the transport `ws`.',
    ),
  cluster,
};

interface Problem {
  readonly path: (string | number)[];
  readonly message: string;
}

type ClusterKeys = z.output<typeof cluster>;

/** Problems of keys that depend on one another. No problem contains a secret. */
function clusterProblems({ name, nats, redis, secret, secret_file }: Omit<ClusterKeys, 'deadline_ms'>): Problem[] {
  const problems: Problem[] = [];
  const engines = [nats.addr, redis.addr].filter((addr) => addr !== '').length;
  if (name === '' && engines > 0) {
    problems.push({ path: ['name'], message: 'must be set, because an engine of the cluster is' });
  }
  if (name !== '' && engines !== 1) {
    const message = `must have exactly one of nats.addr and redis.addr (got ${engines})`;
    problems.push({ path: [], message });
  }
  if (secret !== '' && secret_file !== '') {
    problems.push({ path: ['secret'], message: 'and cluster.secret_file must not both be set' });
  }
  if (secret !== '' && Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    problems.push({ path: ['secret'], message: `must have at least ${MIN_SECRET_BYTES} bytes` });
  }
  return problems;
}

/**
 * The part of the configuration that is validated together. Other keys may have problems of their
 * own.
 */
const clusterPart = z.object({
  transport: z.string(),
  node: z.object({ number: z.union([z.number(), z.string()]).optional() }),
  workers: z.union([z.number(), z.string()]),
  cluster: z.object({ name: z.string() }),
  endpoints: z.array(
    z.object({
      set_tags: z.record(z.string(), z.string()),
      auth: z.object({ jwt: z.object({ claims_to_tags: z.record(z.string(), z.string()) }) }),
    }),
  ),
});

type ClusterPart = z.infer<typeof clusterPart>;

/** Whether the keys are well-formed enough to be validated together. */
export function hasClusterPart({ value }: { readonly value: unknown }): boolean {
  return clusterPart.safeParse(value).success;
}

/** Adds the problems of keys of the cluster and the workers that depend on other keys. */
export function addClusterProblems(file: ClusterPart, context: z.core.$RefinementCtx): void {
  const problems = [...numberProblems(file), ...tagProblems(file), ...workerProblems(file, process.platform)];
  for (const problem of problems) context.addIssue({ code: 'custom', ...problem });
}

function numberProblems({ node, cluster: { name } }: ClusterPart): Problem[] {
  const path = ['node', 'number'];
  if (name === '' && node.number === 'auto') {
    return [{ path, message: "'auto' takes a number from the engine of a cluster; set cluster.name or a number" }];
  }
  if (name === '' || node.number !== undefined) return [];
  const message = 'must be set in a cluster, because two nodes must not have the same: a number or auto';
  return [{ path, message }];
}

/** Tags that the API could not select by. */
function tagProblems({ endpoints, cluster: { name } }: ClusterPart): Problem[] {
  if (name === '') return [];
  return endpoints.flatMap(({ set_tags, auth }, index) => [
    ...Object.keys(set_tags).flatMap((tag) => reservedTag(tag, ['endpoints', index, 'set_tags', tag])),
    ...Object.entries(auth.jwt.claims_to_tags).flatMap(([claim, tag]) =>
      reservedTag(tag, ['endpoints', index, 'auth', 'jwt', 'claims_to_tags', claim]),
    ),
  ]);
}

function reservedTag(tag: string, path: Problem['path']): Problem[] {
  if (!CALL_PARAMETERS.has(tag)) return [];
  const names = [...CALL_PARAMETERS].join(', ');
  const message = `'${tag}' cannot be a tag in a cluster: requests could not select by it, because ${names} are parameters there`;
  return [{ path, message }];
}

/** Only Linux spreads the connections of one port over the listeners of several processes. */
export function workerProblems(
  { workers: count, transport }: Pick<ClusterPart, 'workers' | 'transport'>,
  platform: NodeJS.Platform,
): Problem[] {
  if (count === 1 || transport !== 'uws' || (platform !== 'darwin' && platform !== 'win32')) return [];
  const system = platform === 'darwin' ? 'macOS' : 'Windows';
  const message = `must be 1 with the transport uws on ${system}, which gives all connections to one process (got ${count}); use the transport ws`;
  return [{ path: ['workers'], message }];
}

function isReachable(text: string): boolean {
  if (text === '') return true;
  const address = parseListenAddress(text);
  return address !== undefined && address.port > 0 && !text.startsWith(':');
}

function shown(input: unknown): string {
  return typeof input === 'string' ? `'${input}'` : (JSON.stringify(input) ?? 'nothing');
}

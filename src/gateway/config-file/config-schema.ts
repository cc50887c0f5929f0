import { z } from 'zod';
import { parseListenAddress } from '../../core/listen-address.js';
import { DEFAULT_LOW_WATER_BYTES, DEFAULT_MAX_QUEUE_BYTES, SLOW_POLICIES } from '../connection/endpoint.js';
import { addClusterProblems, clusterKeys, hasClusterPart } from './cluster-schema.js';
import { addAccessProblems, hasAccessPart, accessKeys, cidr, endpointAuth, hostName, origin } from './access-schema.js';
import { endpointPathProblem, SECRET_KEYS } from './config-problem.js';
import { jsonPathProblem } from '../../json-path/json-path-problem.js';
import { SINKS } from '../sinks/index.js';
import { sinkKey, sinkPositions, type SinkConfig, type SinkDefinition } from '../sinks/sink-definition.js';
import { outboxKeys } from './outbox-schema.js';
import { schemaNode, type SchemaNode } from './schema-node.js';

const MIB = 1024 * 1024;
const LISTEN_PROBLEM = 'is not host:port (port 0 to 65535)';

const listenAddress = z.string().refine((text) => parseListenAddress(text) !== undefined, { error: LISTEN_PROBLEM });
const variables = z.record(
  z.string().regex(/^[a-zA-Z0-9_]+$/, { error: 'is not a variable name: letters, digits and _ only' }),
  z.string().superRefine((path, context) => {
    const message = jsonPathProblem(path);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  }),
);
const tags = z.record(
  z.string().refine((key) => key !== 'id' && key !== '', { error: "is not a tag key: 'id' and '' are reserved" }),
  z.string(),
);
const idleTimeout = z.int().min(8).max(960);
/** 131072 in wsgateway. */
export const DEFAULT_MAX_MESSAGE_KB = 1024;

const messageSize = z
  .int()
  .min(1)
  .max(2 * MIB - 1);

const endpoint = z.object({
  path: z
    .string()
    .superRefine((path, context) => {
      const problem = endpointPathProblem(path);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    })
    .default('/ws')
    .describe('Path of WebSocket upgrades.'),
  set_tags: tags.default({}).describe('Tags of each new connection; values keep their text, so `1.10` stays `1.10`.'),
  stream_include_tags: z.array(z.string()).default([]).describe('Tags that each event contains.'),
  json_extract_vars: variables
    .default({})
    .describe('Variables for templates of sinks: name and path in the JSON message.'),
  max_message_size_kb: messageSize.optional().describe('Overrides the global `max_message_size_kb`.'),
  idle_timeout_s: idleTimeout.optional().describe('Overrides the global `idle_timeout_s`.'),
  subprotocols: z
    .array(z.string())
    .default([])
    .describe('Supported subprotocols; the first offered one that is listed is selected.'),
  allowed_origins: z
    .array(origin)
    .default([])
    .describe(
      'Allowed `Origin` headers, such as `https://example.com` or `https://*.example.com`; empty: any, or none.',
    ),
  auth: endpointAuth,
  messages_per_s: z.int().min(0).default(0).describe('Messages per second of one client; above: 1008. 0: no limit.'),
  bytes_per_s: z.int().min(0).default(0).describe('Bytes per second of one client; above: 1008. 0: no limit.'),
  policy: z
    .enum(SLOW_POLICIES)
    .default('close')
    .describe('Policy for a connection that reads too slowly: `close` (1008), `drop-oldest` or `drop-newest`.'),
  max_queue_bytes: z
    .int()
    .min(1024)
    .default(DEFAULT_MAX_QUEUE_BYTES)
    .describe(
      'Bound on the memory of the messages that wait for one connection; a message counts 1.25 times its bytes plus 256.',
    ),
  low_water_bytes: z
    .int()
    .min(0)
    .default(DEFAULT_LOW_WATER_BYTES)
    .describe('Waiting bytes above which a connection counts as congested, so that helper loops pause for it.'),
  compression: z
    .boolean()
    .default(true)
    .describe(
      'Offers permessage-deflate; messages of 512 bytes and more are sent compressed (on uws to at most 8 receivers).',
    ),
});

/** The part of the endpoints that the search for duplicate paths needs. */
const pathsOnly = z.array(z.looseObject({ path: z.string() }));

const gatewayKeys = {
  listen_addr: listenAddress.default('0.0.0.0:8080').describe('host:port of the public listener; port 0: a free port.'),
  internal_listen_addr: z
    .string()
    .refine((text) => text === '' || parseListenAddress(text) !== undefined, { error: LISTEN_PROBLEM })
    .default('')
    .describe(
      'host:port of a separate listener for the internal API; the public one then serves only WebSocket, `/healthz` and `/readyz`.',
    ),
  internal_endpoint_access_whitelist: z
    .array(cidr)
    .default(['127.0.0.1/8', '::1/128'])
    .describe('Networks that may use the internal API.'),
  internal_hosts: z
    .array(hostName)
    .default([])
    .describe(
      'Allowed host names of requests to the internal API, besides IP literals and `localhost`, such as `gateway.internal` or `*.internal`; `*`: any. Others get 403, which prevents DNS rebinding by web pages.',
    ),
  internal_allowed_origins: z
    .array(origin)
    .default([])
    .describe('`Origin` headers with which browsers may use the internal API; they get CORS headers.'),
  tls: z
    .object({
      cert_file: z.string().min(1).describe('Certificate chain, PEM.'),
      key_file: z.string().min(1).describe('Private key, PEM.'),
    })
    .optional()
    .describe('Serves the public listener over TLS.'),
  transport: z
    .enum(['auto', 'uws', 'ws'])
    .default('ws')
    .describe(
      'Server library: `ws`, or `uws`, which needs the package uWebSockets.js. `auto` is an older name of `ws`.',
    ),
  max_message_size_kb: messageSize
    .default(DEFAULT_MAX_MESSAGE_KB)
    .describe('Largest message from a client, in KiB, after decompression.'),
  max_send_body_bytes: z
    .int()
    .min(1)
    .max(256 * MIB)
    .default(16 * MIB)
    .describe('Largest body of `/send`, `/close`, `/settags` and `/batch`; above: 413.'),
  idle_timeout_s: idleTimeout
    .default(60)
    .describe('Seconds without a pong or frame after which a client counts as lost (8 to 960).'),
  endpoints: z
    .array(endpoint)
    .min(1, { error: 'must list at least one endpoint' })
    .superRefine(
      (endpoints, context) => {
        endpoints.forEach(({ path }, index) => {
          const first = endpoints.findIndex((other) => other.path === path);
          const message = `'${path}' is also the path of endpoints[${first}]`;
          if (first !== index) context.addIssue({ code: 'custom', path: [index, 'path'], message });
        });
      },
      // By default, zod skips this check once an endpoint has a problem.
      { when: ({ value }) => pathsOnly.safeParse(value).success },
    )
    .describe('The WebSocket paths.'),
  prometheus: z
    .object({ enabled: z.boolean().default(false).describe('Serves metrics at `/metrics`.') })
    .prefault({})
    .describe('Metrics.'),
  ...clusterKeys,
  drain: z
    .object({
      pause_s: z
        .number()
        .min(0)
        .max(600)
        .default(0)
        .describe('Wait between `/readyz` failing and the listener closing.'),
      close_spread_s: z.number().min(0).max(600).default(1).describe('Time over which closes are spread.'),
      flush_timeout_s: z
        .number()
        .min(0)
        .max(600)
        .default(10)
        .describe('Longest wait for the sinks to take the remaining events.'),
    })
    .prefault({})
    .describe('Behaviour on SIGTERM.'),
  plugins: z
    .array(
      z.object({
        module: z.string().min(1).describe('`devhelpers`, a package, or a path relative to the configuration file.'),
        options: z.record(z.string(), z.unknown()).default({}).describe('Options that are passed to the plugin.'),
      }),
    )
    .default([])
    .describe('Modules that run inside the gateway.'),
};

/** All keys except those of sinks. */
const commonSchema = z
  .object({ ...gatewayKeys, ...outboxKeys, ...accessKeys })
  .superRefine(addAccessProblems, { when: hasAccessPart })
  .superRefine(addClusterProblems, { when: hasClusterPart });

/** The configuration in the file's terms, with defaults filled in and the sinks resolved. */
export type ConfigFile = z.infer<typeof commonSchema> & {
  /** Those that are on, in the order of the gateway's list. */
  readonly sinks: readonly SinkConfig[];
  /** Names of the sinks that have destinations, by position. */
  readonly sinkPositions: readonly string[];
};

/** The configuration before its defaults are filled in. */
export type ConfigInput = z.input<typeof commonSchema> & {
  readonly [key: `stream_${string}`]: Readonly<Record<string, unknown>> | undefined;
};

/**
 * The schema of the configuration file: every key with type, default and description. Everything
 * else is derived from it.
 */
export class ConfigSchema {
  /** All keys, in the order of the reference page. */
  readonly node: SchemaNode;
  /** Keys whose values no message may contain. */
  readonly secretKeys: ReadonlySet<string>;
  readonly #definitions: readonly SinkDefinition[];
  readonly #sinkSchema: z.ZodObject<Record<string, SinkDefinition['schema']>>;

  constructor(definitions: readonly SinkDefinition[]) {
    this.#definitions = definitions;
    const sinkKeys = Object.fromEntries(definitions.map(({ name, schema }) => [sinkKey(name), schema]));
    this.#sinkSchema = z.object(sinkKeys);
    this.secretKeys = new Set([...SECRET_KEYS, ...definitions.flatMap((definition) => definition.secretKeys)]);
    this.node = schemaNode(z.object({ ...gatewayKeys, ...outboxKeys, ...sinkKeys, ...accessKeys }));
  }

  /** Throws a `z.ZodError` with every problem. */
  parse(values: unknown): ConfigFile {
    const common = commonSchema.safeParse(values, { reportInput: true });
    const sinks = this.#sinkSchema.safeParse(values, { reportInput: true });
    if (!common.success || !sinks.success) {
      throw new z.ZodError([...(common.error?.issues ?? []), ...(sinks.error?.issues ?? [])]);
    }
    const on = this.#definitions.flatMap(({ name }) => sinks.data[sinkKey(name)] ?? []);
    return { ...common.data, sinks: on, sinkPositions: sinkPositions(this.#definitions) };
  }
}

/** The schema with the built-in sinks. */
export const configSchema = new ConfigSchema(SINKS);

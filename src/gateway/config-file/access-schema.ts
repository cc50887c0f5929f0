import { z } from 'zod';
import { countTags, tagProblem } from '../access/tag-limits.js';
import { MIN_API_KEY_LENGTH } from '../access/api-keys.js';
import { parseCidr, originProblem } from '../access/origin-list.js';
import { isHostPattern } from '../access/host-list.js';
import { addAuthProblems } from './auth-problems.js';

/**
 * The part of the configuration that is validated together. Other keys may have problems of their
 * own.
 */
const accessPart = z.object({
  transport: z.string(),
  proxy_protocol: z.boolean(),
  trusted_proxies: z.array(z.string()),
  limits: z.object({ max_tags: z.number(), max_tag_bytes: z.number() }),
  endpoints: z.array(z.object({ set_tags: z.record(z.string(), z.string()) })),
});

type AccessPart = z.infer<typeof accessPart>;

/** Whether the keys are well-formed enough to be validated together. */
export function hasAccessPart({ value }: { readonly value: unknown }): boolean {
  return accessPart.safeParse(value).success;
}

/** Adds the problems of access keys that depend on one another. */
export function addAccessProblems(file: AccessPart, context: z.core.$RefinementCtx): void {
  for (const problem of [...proxyProblems(file), ...tagProblems(file)])
    context.addIssue({ code: 'custom', ...problem });
}

interface Problem {
  readonly path: (string | number)[];
  readonly message: string;
}

function proxyProblems({ proxy_protocol, trusted_proxies, transport }: AccessPart): Problem[] {
  if (!proxy_protocol) return [];
  const problems: Problem[] = [];
  if (trusted_proxies.length === 0) {
    problems.push({ path: ['trusted_proxies'], message: 'must list the proxies when proxy_protocol is on' });
  }
  if (transport === 'uws') {
    const message = "'uws' does not support PROXY headers; proxy_protocol needs transport ws";
    problems.push({ path: ['transport'], message });
  }
  return problems;
}

function tagProblems({ endpoints, limits }: AccessPart): Problem[] {
  const { max_tags: maxTags, max_tag_bytes: maxTagBytes } = limits;
  return endpoints.flatMap(({ set_tags }, index) => {
    const tags = new Map(Object.entries(set_tags));
    const count = countTags(new Map(), tags);
    const tooMany = count > maxTags ? `has ${count} tags; limits.max_tags allows ${maxTags}` : undefined;
    const message = tooMany ?? tagProblem(tags, { maxTags, maxTagBytes });
    return message === undefined ? [] : [{ path: ['endpoints', index, 'set_tags'], message }];
  });
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-zA-Z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;

/** A network such as `10.0.0.0/8`. */
export const cidr = z
  .string()
  .refine((text) => parseCidr(text) !== undefined, { error: 'is not a CIDR such as 10.0.0.0/8 or ::1/128' });

/** An entry of a list of origins. */
export const origin = z.string().superRefine((text, context) => {
  const message = originProblem(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

/** An entry of a list of host names. */
export const hostName = z.string().refine(isHostPattern, {
  error: 'is not a host name such as gateway.internal, *.internal or * (without scheme and port)',
});

const tagKey = z
  .string()
  .refine((key) => key !== 'id' && key !== '', { error: "is not a tag key: 'id' and '' are reserved" });

const jwt = z
  .object({
    secret: z.string().default('').describe('HMAC secret.'),
    secret_file: z.string().default('').describe('File that holds the HMAC secret.'),
    jwks_url: z
      .string()
      .default('')
      .describe('URL of a JSON Web Key Set, fetched again when it does not have the key of a token.'),
    algorithms: z
      .array(z.string())
      .default([])
      .describe(
        'Allowed signature algorithms; empty: HS256, HS384, HS512 for a secret; RS, PS, ES (256, 384, 512) and EdDSA for a key set.',
      ),
    issuer: z.string().default('').describe('Required `iss`; any when empty.'),
    audience: z.string().default('').describe('Required `aud`; any when empty.'),
    query_key: z.string().default('').describe('Query key that may carry the token; none when empty.'),
    subprotocol_prefix: z
      .string()
      .default('')
      .describe('Prefix of an offered subprotocol that carries the token, for browsers; none when empty.'),
    claims_to_tags: z.record(z.string(), tagKey).default({}).describe('Claims that become tags: claim and tag.'),
    clock_tolerance_s: z.int().min(0).max(600).default(5).describe('Tolerated clock difference.'),
  })
  .prefault({})
  .describe('For `mode: jwt`.');

const webhook = z
  .object({
    url: z.string().default('').describe('URL that gets a POST for each upgrade.'),
    timeout_s: z.number().min(0.1).max(9).default(3).describe('Timeout of the request; above: the upgrade gets 503.'),
    cache_s: z
      .number()
      .min(0)
      .max(3600)
      .default(0)
      .describe('Time for which an answer is cached for equal upgrades; 0: not cached.'),
    headers: z
      .record(
        z.string().regex(HEADER_NAME, { error: 'is not a header name' }),
        z.string().regex(HEADER_VALUE, { error: 'must be printable ASCII' }),
      )
      .default({})
      .describe('Headers of each request.'),
    forward_headers: z
      .array(z.string().regex(HEADER_NAME, { error: 'is not a header name' }))
      .default(['authorization', 'cookie', 'origin', 'user-agent'])
      .describe('Headers of the upgrade that are forwarded.'),
  })
  .prefault({})
  .describe('For `mode: webhook`.');

/** The authentication of an endpoint. */
export const endpointAuth = z
  .object({
    mode: z.enum(['none', 'jwt', 'webhook']).default('none').describe('Method of authentication.'),
    jwt,
    webhook,
  })
  .superRefine(addAuthProblems)
  .prefault({})
  .describe('Authentication on connect.');

const limits = z
  .object({
    max_connections: z
      .int()
      .min(0)
      .default(0)
      .describe('Open connections; above: 503. 0: as many as the open-file limit allows.'),
    max_connections_per_address: z
      .int()
      .min(0)
      .default(0)
      .describe('Open connections per address; above: 429. 0: no limit.'),
    handshakes_per_s: z.int().min(0).default(0).describe('Upgrades per second; above: 429. 0: no limit.'),
    max_pending_upgrades: z
      .int()
      .min(1)
      .default(1000)
      .describe(
        'Upgrades in authentication; above: 503. One address may use as many as remain free for others; above: 429.',
      ),
    max_plain_connections: z
      .int()
      .min(8)
      .default(4096)
      .describe(
        'Connections of each listener that are not, or not yet, WebSockets; above: cut. One address may use a quarter, unless it is in the whitelist or a trusted proxy. `ws` and the internal listener only.',
      ),
    max_inflate_ratio: z
      .int()
      .min(1)
      .max(1032)
      .default(100)
      .describe(
        'Largest ratio of decompressed to compressed size of a message above 1 MiB; above: 1009. Each compressed byte earns a quarter of it in decompressed bytes. `ws` only.',
      ),
    max_inflate_kb_per_s: z
      .int()
      .min(64)
      .default(4096)
      .describe(
        'KiB per second of decompressed messages of one client, besides the bytes it earns; above: it is read more slowly. `ws` only.',
      ),
    max_tags: z.int().min(1).default(64).describe('Tags per connection; above: 400.'),
    max_tag_bytes: z.int().min(16).default(1024).describe('Bytes of one tag, key and value together; above: 400.'),
    max_header_kb: z.int().min(4).max(256).default(32).describe('Request line and headers of a request; above: 431.'),
    max_query_kb: z
      .int()
      .min(0)
      .max(4096)
      .default(256)
      .describe(
        'Query of a request to the internal API, on top of `max_header_kb`: 5,000 ids take 181 KiB. Only for networks of the whitelist; above: 431.',
      ),
  })
  .prefault({})
  .describe('Limits on peers.');

/** Keys of access control and limits. */
export const accessKeys = {
  limits,
  trusted_proxies: z
    .array(cidr)
    .default([])
    .describe('Networks of proxies whose `X-Forwarded-For` and PROXY header are trusted.'),
  trusted_proxies_as_clients: z
    .array(cidr)
    .default([])
    .describe(
      'Networks of `trusted_proxies` that also send their own requests, such as backends next to the proxy: without `X-Forwarded-For` their own address counts. Requests of other trusted proxies need that header; without it the client is unknown and has no access to the internal API.',
    ),
  proxy_protocol: z
    .boolean()
    .default(false)
    .describe(
      'Expects a PROXY protocol header (version 1 or 2) at the beginning of connections from `trusted_proxies`. Needs the transport `ws`.',
    ),
  internal_api_keys: z
    .array(
      z.string().min(MIN_API_KEY_LENGTH, { error: `an API key must have at least ${MIN_API_KEY_LENGTH} characters` }),
    )
    .default([])
    .describe(
      'Keys of the internal API (`Authorization: Bearer` or `X-Api-Key`); a request needs one of them, unless the list is empty.',
    ),
  internal_api_keys_file: z
    .string()
    .default('')
    .describe('File with more keys, one per line, with # for comments; read again on SIGHUP.'),
};

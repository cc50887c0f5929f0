import { z } from 'zod';
import { countTags, tagProblem } from '../access/tag-limits.js';
import { MIN_API_KEY_LENGTH } from '../access/api-keys.js';
import { parseCidr, originProblem } from '../access/origin-list.js';
import { isHostPattern } from '../access/host-list.js';
import { addAuthProblems } from './auth-problems.js';

/**
 * What of the whole configuration is looked at together; other keys may have problems of their own.
 */
const accessPart = z.object({
  transport: z.string(),
  proxy_protocol: z.boolean(),
  trusted_proxies: z.array(z.string()),
  limits: z.object({ max_tags: z.number(), max_tag_bytes: z.number() }),
  endpoints: z.array(z.object({ set_tags: z.record(z.string(), z.string()) })),
});

type AccessPart = z.infer<typeof accessPart>;

/** Whether the keys can be looked at. */
export function hasAccessPart({ value }: { readonly value: unknown }): boolean {
  return accessPart.safeParse(value).success;
}

/** Adds what is wrong with keys of access that depend on one another. */
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
    problems.push({ path: ['trusted_proxies'], message: 'must name the proxies when proxy_protocol is on' });
  }
  if (transport === 'uws') {
    const message = "'uws' cannot tell whose PROXY header it reads; proxy_protocol needs transport ws";
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
      .describe('URL of a JSON Web Key Set, fetched again when it names no key of a token.'),
    algorithms: z
      .array(z.string())
      .default([])
      .describe(
        'Signature algorithms allowed; empty: HS256, HS384, HS512 for a secret; RS, PS, ES (256, 384, 512) and EdDSA for a key set.',
      ),
    issuer: z.string().default('').describe('`iss` that is required; any when empty.'),
    audience: z.string().default('').describe('`aud` that is required; any when empty.'),
    query_key: z.string().default('').describe('Query key that may carry the token; none when empty.'),
    subprotocol_prefix: z
      .string()
      .default('')
      .describe('Prefix of an offered subprotocol that carries the token, for browsers; none when empty.'),
    claims_to_tags: z.record(z.string(), tagKey).default({}).describe('Claim to the tag that gets its value.'),
    clock_tolerance_s: z.int().min(0).max(600).default(5).describe('Difference of clocks that is forgiven.'),
  })
  .prefault({})
  .describe('For `mode: jwt`.');

const webhook = z
  .object({
    url: z.string().default('').describe('URL asked with POST for each upgrade.'),
    timeout_s: z.number().min(0.1).max(9).default(3).describe('Longest wait; then the upgrade is answered 503.'),
    cache_s: z
      .number()
      .min(0)
      .max(3600)
      .default(0)
      .describe('How long an answer holds for an upgrade that looks the same to the backend; 0: each is asked for.'),
    headers: z
      .record(
        z.string().regex(HEADER_NAME, { error: 'is not a header name' }),
        z.string().regex(HEADER_VALUE, { error: 'must be printable ASCII' }),
      )
      .default({})
      .describe('Headers of each request to it.'),
    forward_headers: z
      .array(z.string().regex(HEADER_NAME, { error: 'is not a header name' }))
      .default(['authorization', 'cookie', 'origin', 'user-agent'])
      .describe('Headers of the upgrade that it is told.'),
  })
  .prefault({})
  .describe('For `mode: webhook`.');

/** Who may connect to an endpoint. */
export const endpointAuth = z
  .object({
    mode: z.enum(['none', 'jwt', 'webhook']).default('none').describe('How an upgrade is decided.'),
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
      .describe('Open connections; above: 503. 0: what the open-file limit allows.'),
    max_connections_per_address: z
      .int()
      .min(0)
      .default(0)
      .describe('Open connections of one address; above: 429. 0: none.'),
    handshakes_per_s: z.int().min(0).default(0).describe('Upgrades a second; above: 429. 0: none.'),
    max_pending_upgrades: z
      .int()
      .min(1)
      .default(1000)
      .describe(
        'Upgrades whose authentication is under way; above: 503. One address may have as many as are still free for others, then 429.',
      ),
    max_plain_connections: z
      .int()
      .min(8)
      .default(4096)
      .describe(
        'Connections of each listener that are no WebSocket, or not yet; above: cut. One address may have a quarter, unless it is in the whitelist or a trusted proxy. `ws` and the internal listener.',
      ),
    max_inflate_ratio: z
      .int()
      .min(1)
      .max(1032)
      .default(100)
      .describe(
        'How many times its size a compressed message above 1 MiB may inflate to; above: 1009. A client earns a quarter of it in inflated bytes with what it sends. `ws` only.',
      ),
    max_inflate_kb_per_s: z
      .int()
      .min(64)
      .default(4096)
      .describe(
        'KiB that the messages of one client may inflate to in a second beside what it earns; above: it is read more slowly. `ws` only.',
      ),
    max_tags: z.int().min(1).default(64).describe('Tags of one connection; above: 400.'),
    max_tag_bytes: z.int().min(16).default(1024).describe('Bytes of one tag, key and value together; above: 400.'),
    max_header_kb: z.int().min(4).max(256).default(32).describe('Request line and headers of a request; above: 431.'),
    max_query_kb: z
      .int()
      .min(0)
      .max(4096)
      .default(256)
      .describe(
        'Query of a request to the internal API, on top of `max_header_kb`: 5,000 ids take 181 KiB. Only for peers of the whitelist; above: 431.',
      ),
  })
  .prefault({})
  .describe('Bounds on what peers may ask for.');

/** Keys that say who may do what, and how much. */
export const accessKeys = {
  limits,
  trusted_proxies: z
    .array(cidr)
    .default([])
    .describe("Networks of proxies whose `X-Forwarded-For` and PROXY header are believed; nobody else's are."),
  trusted_proxies_as_clients: z
    .array(cidr)
    .default([])
    .describe(
      'Networks of `trusted_proxies` that also send requests of their own, such as backends beside the proxy: without `X-Forwarded-For` they are judged by their own address. Elsewhere that header must be there, else the client is unknown and has no access to the internal API.',
    ),
  proxy_protocol: z
    .boolean()
    .default(false)
    .describe(
      'Connections from `trusted_proxies` begin with a PROXY protocol header (version 1 or 2). Needs the transport `ws`.',
    ),
  internal_api_keys: z
    .array(z.string().min(MIN_API_KEY_LENGTH, { error: `an API key has at least ${MIN_API_KEY_LENGTH} characters` }))
    .default([])
    .describe(
      'Keys, one of which the internal API asks for (`Authorization: Bearer` or `X-Api-Key`); empty: none is asked for.',
    ),
  internal_api_keys_file: z
    .string()
    .default('')
    .describe('File with further keys, one a line, # begins a comment; read again on SIGHUP.'),
};

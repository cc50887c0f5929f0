import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { WsgError } from '../../../src/core/error.js';
import { loadConfig } from '../../../src/gateway/config-file/load-config.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const MARK = 'hunter2-hunter2-hunter2';

async function problems(yaml: string, env: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'config.yml'), yaml);
  try {
    loadConfig({ cwd, env });
  } catch (thrown) {
    if (thrown instanceof WsgError) return thrown.problems.map((problem) => problem.replace(/^\S+ /, ''));
    throw thrown;
  }
  return [];
}

it.each([
  ['mode: jwt', 'jwt: must have exactly one of secret, secret_file and jwks_url (got 0)'],
  [
    'mode: jwt, jwt: {secret_file: a, jwks_url: "https://a"}',
    'jwt: must have exactly one of secret, secret_file and jwks_url (got 2)',
  ],
  [`mode: jwt, jwt: {secret: ${MARK}}`, 'jwt.secret: must have at least 32 bytes'],
  ['mode: jwt, jwt: {jwks_url: "ftp://a"}', 'jwt.jwks_url: must be an http:// or https:// URL without a user in it'],
  [
    'mode: jwt, jwt: {secret_file: a, algorithms: [HS256, RS256]}',
    "jwt.algorithms[1]: 'RS256' does not fit a secret; use one of HS256, HS384, HS512",
  ],
  ['mode: webhook', 'webhook.url: must be an http:// or https:// URL without a user in it'],
  [
    `mode: webhook, webhook: {url: "http://a:${MARK}@b"}`,
    'webhook.url: must be an http:// or https:// URL without a user in it',
  ],
  ['jwt: {claims_to_tags: {sub: id}}', "jwt.claims_to_tags.sub: 'id' is not a tag key: 'id' and '' are reserved"],
])('auth: {%s} is refused', async (auth, problem) => {
  expect(await problems(`endpoints: [{auth: {${auth}}}]`)).toEqual([`endpoints[0].auth.${problem}`]);
});

it.each(['HS256', 'none', 'HS512', 'RS1'])('the algorithm %s does not fit a key set', async (algorithm) => {
  const [problem] = await problems(
    `endpoints: [{auth: {mode: jwt, jwt: {jwks_url: "https://a", algorithms: [${algorithm}]}}}]`,
  );
  expect(problem).toContain(`'${algorithm}' does not fit a key set`);
});

it('PROXY headers need trusted proxies and a transport that supports them', async () => {
  expect(await problems('endpoints: [{}]\nproxy_protocol: true\ntransport: uws')).toEqual([
    'trusted_proxies: must list the proxies when proxy_protocol is on',
    "transport: 'uws' does not support PROXY headers; proxy_protocol needs transport ws",
  ]);
});

it('an origin is a scheme and a host, or null', async () => {
  const yaml =
    'endpoints: [{allowed_origins: ["https://a.example", "https://*.b:8443", "null", "a.example", "https://a/"]}]';
  expect(await problems(yaml)).toEqual([
    "endpoints[0].allowed_origins[3]: 'a.example' is not an origin such as https://example.com, https://*.example.com, file:// or null; write https://a.example",
    "endpoints[0].allowed_origins[4]: 'https://a/' is not an origin such as https://example.com, https://*.example.com, file:// or null; write https://a",
  ]);
});

it('tags of endpoints must observe the limits on tags, and are reported with other problems', async () => {
  const yaml = `endpoints: [{set_tags: {a: 1, b: 2}}, {path: /b, set_tags: {c: ${'x'.repeat(20)}}}]\nlimits: {max_tags: 1, max_tag_bytes: 16}\nnode: {number: -1}`;
  expect(await problems(yaml)).toEqual([
    'endpoints[0].set_tags: has 2 tags; limits.max_tags allows 1',
    'endpoints[1].set_tags: the tag "c" has 21 bytes, key and value together; at most 16 are allowed',
    'node.number: must be at least 0, not -1',
  ]);
});

it.each([
  [`internal_api_keys: ${MARK}`, {}],
  ['internal_api_keys: [hunter2]', {}],
  [`stream_redis: {addr: "redis//a:${MARK}@b"}`, {}],
  [`stream_amqp: {addr: [${MARK}]}`, {}],
  [`webhook: {secret: {a: ${MARK}}}`, {}],
  [`endpoints: [{auth: {webhook: {headers: ${MARK}}}}]`, {}],
  [`endpoints: [{auth: {webhook: {headers: {a: "${MARK}\\u00e9"}}}}]`, {}],
  [`endpoints: [{auth: {jwt: {secret: |${MARK}`, {}],
  [`endpoints: [{}]\nx: [1]\n- ${MARK}\nb: ${MARK}`, {}],
  ['endpoints: [{}]', { WSG_GATEWAY_ENDPOINTS: `[{auth: {jwt: {secret: ${MARK}` }],
  ['endpoints: [{}]', { WSG_GATEWAY_INTERNAL_API_KEYS: `[${MARK}` }],
  ['endpoints: [{}]', { WSG_GATEWAY_STREAM_REDIS: `{addr: ${MARK}` }],
])('no sentence of a problem holds a secret: %s', async (yaml, env) => {
  const found = await problems(yaml, env);
  expect(found.join('\n')).not.toContain('hunter2');
});

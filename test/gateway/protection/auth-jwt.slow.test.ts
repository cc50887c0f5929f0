import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../../src/gateway/config-file/config-schema.js';
import { HttpBackend } from '../../support/http-backend.js';
import { RunningGateway } from '../../support/running-gateway.js';
import { JWT_SECRET, secretToken, SigningKey, unsignedToken } from '../../support/signed-token.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

type EndpointInput = NonNullable<ConfigInput['endpoints']>[number];
type JwtInput = NonNullable<NonNullable<EndpointInput['auth']>['jwt']>;

const NOW_S = Math.floor(Date.now() / 1000);

function start(
  transport: 'uws' | 'ws',
  jwt: JwtInput,
  changes: Partial<EndpointInput> = {},
  rest: Partial<ConfigInput> = {},
) {
  const stream_include_tags = ['foo', 'user', 'admin', 'age', 'list'];
  const endpoint = {
    path: '/connect',
    set_tags: { foo: 'bar' },
    stream_include_tags,
    auth: { mode: 'jwt' as const, jwt },
  };
  return RunningGateway.start({ transport, endpoints: [{ ...endpoint, ...changes }], ...rest });
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

async function headersOf(token: string | Promise<string> | undefined): Promise<Readonly<Record<string, string>>> {
  const text = await token;
  if (text === undefined) return {};
  return text.startsWith('Basic') ? { Authorization: text } : bearer(text);
}

describe.each(['uws', 'ws'] as const)('tokens on %s', (transport) => {
  it('a token is accepted, and its claims are tags of the open event, overriding those of the endpoint', async () => {
    const claims_to_tags = { sub: 'user', adm: 'admin', n: 'age', foo: 'foo', roles: 'list', gone: 'list' };
    const gateway = await start(transport, { secret: JWT_SECRET, claims_to_tags });
    const stream = await gateway.events();
    const token = await secretToken({ sub: 'ann', adm: true, n: 42, foo: 'baz', roles: ['a', 'b'] });
    await gateway.connect('/connect', bearer(token));
    const [open] = await stream.nextBlocks(1);
    expect(open?.['data']).toContain('"tags":"admin=true\\u0026age=42\\u0026foo=baz\\u0026user=ann"');
    expect(await gateway.post('/send?user=ann&foo=baz', 'x')).toBe('1');
    expect(await gateway.post('/send?foo=bar', 'x')).toBe('0');
  });

  it('a token may be in the query or in a subprotocol, which is answered unless another one is supported', async () => {
    const places = { query_key: 'access_token', subprotocol_prefix: 'bearer.' };
    const gateway = await start(transport, { secret: JWT_SECRET, ...places }, { subprotocols: ['chat'] });
    const token = await secretToken({});
    expect((await gateway.upgradeAnswer(`/connect?x=1&access_token=${token}`)).status).toBe(101);
    const alone = await gateway.upgradeAnswer('/connect', { 'Sec-WebSocket-Protocol': `bearer.${token}` });
    expect([alone.status, alone.headers.get('sec-websocket-protocol')]).toEqual([101, `bearer.${token}`]);
    const both = await gateway.upgradeAnswer('/connect', { 'Sec-WebSocket-Protocol': `bearer.${token}, chat` });
    expect([both.status, both.headers.get('sec-websocket-protocol')]).toEqual([101, 'chat']);
    expect((await gateway.upgradeAnswer('/connect?token=x')).status).toBe(401);
  });

  it.each([
    ['no token', undefined, 'Bearer'],
    ['another secret', secretToken({}, 'another secret that is long enough too'), 'bad signature'],
    ['no signature', unsignedToken({}), 'algorithm not allowed'],
    ['another algorithm', secretToken({}, JWT_SECRET, 'HS512'), 'algorithm not allowed'],
    ['an expired one', secretToken({ iss: 'me', aud: 'us', exp: NOW_S - 60 }), 'expired'],
    ['one of the future', secretToken({ iss: 'me', aud: 'us', nbf: NOW_S + 60 }), 'a claim does not fit'],
    ['another issuer', secretToken({ iss: 'you', aud: 'us' }), 'a claim does not fit'],
    ['another audience', secretToken({ iss: 'me', aud: 'them' }), 'a claim does not fit'],
    ['no token at all', 'eyJhbGciOiJIUzI1NiJ9', 'malformed'],
    ['another scheme', 'Basic YTpi', 'Bearer'],
  ])('%s is answered 401 with a challenge, and logged without the token', async (_what, token, reason) => {
    const gateway = await start(transport, { secret: JWT_SECRET, algorithms: ['HS256'], issuer: 'me', audience: 'us' });
    const answer = await gateway.upgradeAnswer('/connect', await headersOf(token));
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining(reason)]);
    const line = gateway.log.lines.find(({ event }) => event === 'upgrade.refused');
    expect(line?.fields).toMatchObject({ reason: 'auth', path: '/connect' });
    expect(JSON.stringify(gateway.log.lines)).not.toContain('eyJ');
    const fitting = bearer(await secretToken({ iss: 'me', aud: ['us', 'them'], exp: NOW_S + 60, nbf: NOW_S + 3 }));
    expect((await gateway.upgradeAnswer('/connect', fitting)).status).toBe(101);
  });

  it('a token that expires closes its connection with 4001', async () => {
    const gateway = await start(transport, { secret: JWT_SECRET, clock_tolerance_s: 0 });
    const forever = await gateway.connect('/connect', bearer(await secretToken({})));
    const farAhead = await gateway.connect('/connect', bearer(await secretToken({ exp: NOW_S + 40 * 86_400 })));
    const soon = await gateway.connect('/connect', bearer(await secretToken({ exp: Date.now() / 1000 + 0.9 })));
    expect(await soon.closeCode()).toBe(4001);
    expect(await gateway.post('/send?all=true', 'x')).toBe('2');
    expect((await Promise.all([forever.frame(), farAhead.frame()])).map(({ opcode }) => opcode)).toEqual([1, 1]);
    expect(await gateway.get('/metrics')).toContain('connections_closed_total{reason="token_expired"} 1');
  });

  it('claims that exceed a limit on tags get 400, which names the tag', async () => {
    const claims_to_tags = { a: 'a', b: 'b' };
    const limits = { max_tags: 2, max_tag_bytes: 16 };
    const gateway = await start(transport, { secret: JWT_SECRET, claims_to_tags }, {}, { limits });
    const long = await gateway.upgradeAnswer('/connect', bearer(await secretToken({ a: 'x'.repeat(20) })));
    expect([long.status, long.body]).toEqual([400, expect.stringContaining('the tag "a" has 21 bytes')]);
    const many = await gateway.upgradeAnswer('/connect', bearer(await secretToken({ a: '1', b: '2' })));
    expect([many.status, many.body]).toEqual([400, 'Bad Request: 3 tags; at most 2 are allowed\n']);
  });

  it('a key set is fetched once, for the first token, and tokens need one of its keys', async () => {
    const [rsa, ed, stranger] = await Promise.all([
      SigningKey.create('RS256', 'one'),
      SigningKey.create('EdDSA', 'two'),
      SigningKey.create('RS256', 'one'),
    ]);
    const backend = await HttpBackend.start();
    backend.answer({ keys: [rsa.publicJwk, ed.publicJwk] });
    const gateway = await start(transport, { jwks_url: `${backend.url}/keys` });
    const statusOf = async (token: string) => (await gateway.upgradeAnswer('/connect', bearer(token))).status;
    expect(await statusOf(await rsa.sign({}))).toBe(101);
    expect(await statusOf(await ed.sign({}))).toBe(101);
    expect(await statusOf(await stranger.sign({}))).toBe(401);
    expect(backend.requests).toHaveLength(1);
    // The public key as if it were a secret.
    const confused = await secretToken({}, JSON.stringify(rsa.publicJwk));
    expect([await statusOf(confused), await statusOf(unsignedToken({}))]).toEqual([401, 401]);
  });

  it('a token without a key id is tried with each key that may have signed it', async () => {
    const [one, two, stranger] = await Promise.all([1, 2, 3].map(() => SigningKey.create('ES256')));
    const backend = await HttpBackend.start();
    backend.answer({ keys: [one?.publicJwk, two?.publicJwk] });
    const gateway = await start(transport, { jwks_url: backend.url });
    const statusOf = async (key: SigningKey | undefined) =>
      (await gateway.upgradeAnswer('/connect', bearer((await key?.sign({})) ?? ''))).status;
    expect([await statusOf(one), await statusOf(two), await statusOf(stranger)]).toEqual([101, 101, 401]);
  });

  it('an unavailable key set causes 503 instead of 401, and is fetched again', async () => {
    const key = await SigningKey.create('RS256', 'one');
    const backend = await HttpBackend.start();
    const gateway = await start(transport, { jwks_url: `${backend.url}/keys?secret=MARK` });
    const ask = async () => gateway.upgradeAnswer('/connect', bearer(await key.sign({})));
    backend.answer({ error: 'MARK' }, 500);
    expect((await ask()).status).toBe(503);
    backend.answer({ no: 'keys' });
    expect((await ask()).status).toBe(503);
    backend.answering = (_request, response) => void response.destroy();
    const answer = await ask();
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    backend.answer({ keys: [key.publicJwk] });
    expect((await ask()).status).toBe(101);
    expect(gateway.log.lines.find(({ event }) => event === 'upgrade.refused')?.fields).toMatchObject({
      reason: 'auth_unavailable',
    });
    expect(JSON.stringify(gateway.log.lines)).not.toContain('MARK');
  });

  it('a secret may be in a file, which is reloaded', async () => {
    const file = join(await temporaryFolder(), 'secret');
    await writeFile(file, `${JWT_SECRET}\n`);
    const gateway = await start(transport, { secret_file: file });
    const next = 'the next secret, which is long enough too';
    const statusOf = async (secret: string) =>
      (await gateway.upgradeAnswer('/connect', bearer(await secretToken({}, secret)))).status;
    expect([await statusOf(JWT_SECRET), await statusOf(next)]).toEqual([101, 401]);
    await writeFile(file, next);
    await gateway.gateway.reload();
    expect([await statusOf(JWT_SECRET), await statusOf(next)]).toEqual([401, 101]);
    await writeFile(file, 'short');
    await gateway.gateway.reload();
    expect(await statusOf(next)).toBe(101);
    const failed = gateway.log.lines.find(({ event }) => event === 'gateway.reload-failed');
    expect(failed?.fields).toMatchObject({ what: 'auth', reason: expect.stringContaining('has 5 bytes') });
    expect(JSON.stringify(gateway.log.lines)).not.toContain('next secret');
  });
});

it('a gateway whose secret cannot be read does not start', async () => {
  await expect(start('ws', { secret_file: '/nowhere/secret' })).rejects.toMatchObject({ code: 'secret.unreadable' });
});

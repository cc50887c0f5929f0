import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../src/gateway/config-file/config-schema.js';
import { cutAt, paced, startRelay } from '../support/cutting-relay.js';
import type { EventStreamClient } from '../support/event-stream-client.js';
import { encodeFrame, OPCODE, RawWebSocket, upgradeRequest } from '../support/raw-websocket.js';
import { RunningGateway } from '../support/running-gateway.js';
import { JWT_SECRET, secretToken } from '../support/signed-token.js';

const BOUND_MS = 120_000;
/**
 * The segment size of a path with a maximum transmission unit of 1,500 bytes, and its pace
 * at some 10 Mbit/s.
 */
const NETWORK = paced(1448, 1.2);

const FRAMES = Buffer.concat([
  encodeFrame(OPCODE.text, 'first'),
  encodeFrame(OPCODE.text, 'Zo', { fin: false }),
  encodeFrame(OPCODE.ping, 'p'),
  encodeFrame(OPCODE.continuation, 'ë'),
  encodeFrame(OPCODE.binary, Buffer.alloc(200, 7)),
  encodeFrame(OPCODE.close, Buffer.from([0x03, 0xe8])),
]);

/** Lets in who has a token; the token is looked at after the tick in which the handshake came. */
function jwtGateway(transport: 'uws' | 'ws', input: Partial<ConfigInput> = {}): Promise<RunningGateway> {
  const auth = {
    mode: 'jwt' as const,
    jwt: { secret: JWT_SECRET, query_key: 'token', claims_to_tags: { sub: 'user' } },
  };
  const endpoint = { path: '/connect', set_tags: { foo: 'bar' }, stream_include_tags: ['user'], auth };
  return RunningGateway.start({ transport, endpoints: [endpoint], ...input });
}

/** The actions, tags and messages of one connection, up to its close event. */
async function story(events: EventStreamClient): Promise<string[]> {
  const told: string[] = [];
  for (;;) {
    const { event, data = '{}' } = (await events.next()) ?? { event: 'close' };
    // A comment keeps the stream alive now and then.
    if (event === undefined) continue;
    const { message = '', tags = '' } = JSON.parse(data);
    told.push(`${event} ${tags} ${message}`);
    if (event === 'close') return told;
  }
}

/** The bytes of a server, without dates. */
function asText(bytes: Buffer): string {
  return bytes.toString('latin1').replaceAll(/^Date: .*\r\n/gim, '');
}

interface Session {
  readonly port: number;
  readonly handshake: Buffer;
  readonly events: EventStreamClient;
  /** Frames leave together with the handshake, before its answer. */
  readonly isEager: boolean;
}

/**
 * All that came back to a client that shakes hands, sends the frames and closes, and what its
 * backend was told.
 */
async function runSession({ port, handshake, events, isEager }: Session): Promise<unknown> {
  const client = await RawWebSocket.connect(port);
  client.write(isEager ? Buffer.concat([handshake, FRAMES]) : handshake);
  const { status } = await client.head();
  if (status !== 101) {
    client.destroy();
    return status;
  }
  if (!isEager) client.write(FRAMES);
  return { answer: asText(await client.rest()), events: await story(events) };
}

/** The results of a session cut at each position, and the one of a session in one piece. */
async function cutEverywhere(gateway: RunningGateway, handshake: Buffer, isEager: boolean) {
  const events = await gateway.events();
  const whole = await runSession({ port: gateway.port, handshake, events, isEager });
  let position = 0;
  const port = await startRelay(gateway.port, (server, bytes, offset) => cutAt(position)(server, bytes, offset));
  const cut: unknown[] = [];
  const length = handshake.length + FRAMES.length;
  for (position = 1; position < length; position += 1) {
    cut.push(await runSession({ port, handshake, events, isEager }));
  }
  return { whole, cut };
}

describe('on ws, bytes split at any position are read like bytes in one segment', () => {
  it.each([
    ['a handshake and the frames behind it', false],
    ['a handshake with frames in the same segment', true],
  ])('%s', { timeout: BOUND_MS }, async (_what, isEager) => {
    const gateway = await jwtGateway('ws');
    const token = await secretToken({ sub: 'ann' });
    const { whole, cut } = await cutEverywhere(
      gateway,
      Buffer.from(upgradeRequest(`/connect?token=${token}`)),
      isEager,
    );
    expect(whole).toMatchObject({
      events: ['open user=ann ', 'message user=ann first', 'message user=ann Zoë', {}, {}],
    });
    for (const result of cut) expect(result).toEqual(whole);
  });

  it('a handshake that is refused', { timeout: BOUND_MS }, async () => {
    const gateway = await jwtGateway('ws');
    const { whole, cut } = await cutEverywhere(gateway, Buffer.from(upgradeRequest('/connect?token=forged')), false);
    expect(whole).toBe(401);
    expect(new Set(cut)).toEqual(new Set([401]));
  });

  it.each(['', '127.0.0.1:0'])(
    'requests to the HTTP API, internal listener %j',
    { timeout: BOUND_MS },
    async (internal_listen_addr) => {
      const gateway = await RunningGateway.start({ transport: 'ws', internal_listen_addr });
      const receiver = await gateway.connect();
      const requests = Buffer.from(
        [
          'POST /send?foo=bar HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nlength',
          'POST /send?foo=bar HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nchu\r\n4\r\nnked\r\n0\r\n\r\n',
          'POST /settags?nobody=here HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\n\r\na=b',
        ].join(''),
      );
      const ask = async (port: number): Promise<unknown> => {
        const client = await RawWebSocket.connect(port);
        client.write(requests);
        const answer = asText(await client.rest());
        return [answer, String((await receiver.frame()).payload), String((await receiver.frame()).payload)];
      };
      const target = gateway.gateway.internalAddress?.port ?? gateway.port;
      const whole = await ask(target);
      expect(whole).toEqual([expect.stringMatching(/^(HTTP\/1\.1 200 OK\r\n[^]*){3}$/), 'length', 'chunked']);
      let position = 0;
      const port = await startRelay(target, (server, bytes, offset) => cutAt(position)(server, bytes, offset));
      for (position = 1; position < requests.length; position += 1) expect(await ask(port)).toEqual(whole);
    },
  );
});

describe('over a network of 1,448 bytes each 1.2 ms', () => {
  const tokenOf = (bytes: number): Promise<string> => secretToken({ sub: 'ann', padding: 'x'.repeat(bytes) });

  it.each([1500, 3000, 10_000, 22_000])(
    'ws takes a token of more than %i bytes',
    { timeout: BOUND_MS },
    async (bytes) => {
      const gateway = await jwtGateway('ws');
      const port = await startRelay(gateway.port, NETWORK);
      const handshake = Buffer.from(upgradeRequest(`/connect?token=${await tokenOf(bytes)}`));
      for (const isEager of [false, true]) {
        const events = await gateway.events();
        await events.nextBlocks(isEager ? 5 : 0);
        const result = await runSession({ port, handshake, events, isEager });
        expect(result).toMatchObject({ events: ['open user=ann ', {}, {}, {}, 'close user=ann '] });
      }
    },
  );

  it.each([40_000, 200_000])('ws refuses a token of %i bytes, and the client gets the answer', async (bytes) => {
    const gateway = await jwtGateway('ws');
    const client = await RawWebSocket.connect(await startRelay(gateway.port, NETWORK));
    client.write(upgradeRequest(`/connect?token=${'x'.repeat(bytes)}`));
    expect((await client.head()).status).toBe(431);
    client.destroy();
  });

  it.each(['', '127.0.0.1:0'])(
    '/send takes thousands of ids and a large body, internal listener %j',
    async (internal) => {
      const gateway = await RunningGateway.start({ transport: 'ws', internal_listen_addr: internal });
      const receiver = await gateway.connect();
      const id = /id=(\S+)/.exec(await gateway.get('/status'))?.[1] ?? '';
      const client = await RawWebSocket.connect(
        await startRelay(gateway.gateway.internalAddress?.port ?? gateway.port, NETWORK),
      );
      const ids = `${'00000000-0000-4000-8000-000000000000,'.repeat(2000)}${id}`;
      const body = 'y'.repeat(100_000);
      client.write(`POST /send?id=${ids} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      expect(await client.answer()).toMatchObject({ status: 200, body: '1' });
      expect(String((await receiver.frame()).payload)).toBe(body);
      client.destroy();
    },
  );
});

/** Its binaries for Node 20 refuse what those for Node 22 and 24 take. */
describe('uWebSockets.js, at most, answers 505', () => {
  it('where a request line is cut, and nowhere else', { timeout: BOUND_MS }, async () => {
    const gateway = await jwtGateway('uws');
    const handshake = Buffer.from(upgradeRequest(`/connect?token=${await secretToken({ sub: 'ann' })}`));
    const { whole, cut } = await cutEverywhere(gateway, handshake, false);
    const lineEnd = handshake.indexOf('\r\n') + 1;
    const inLine = cut.slice(0, lineEnd).filter((result) => result !== 505);
    for (const result of [...inLine, ...cut.slice(lineEnd)]) expect(result).toEqual(whole);
  });

  it('to a long token in several segments; the separate internal listener takes long requests', async () => {
    const gateway = await jwtGateway('uws', { internal_listen_addr: '127.0.0.1:0' });
    const client = await RawWebSocket.connect(await startRelay(gateway.port, NETWORK));
    client.write(upgradeRequest(`/connect?token=${await secretToken({ sub: 'ann', padding: 'x'.repeat(1500) })}`));
    expect([101, 505]).toContain((await client.head()).status);
    client.destroy();
    const backend = await RawWebSocket.connect(await startRelay(gateway.gateway.internalAddress?.port ?? 0, NETWORK));
    backend.write(`POST /send?id=${'x,'.repeat(2000)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx`);
    expect(await backend.answer()).toMatchObject({ status: 200, body: '0' });
    backend.destroy();
  });
});

import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { systemClock } from '../../../src/core/clock.js';
import { ClientConnection, type DialResult } from '../../../src/loadgen/client/connection.js';
import { NameResolver } from '../../../src/loadgen/client/name-resolver.js';
import { AddressBlock } from '../../../src/loadgen/client/local-addresses.js';
import type { LoadFlags } from '../../../src/loadgen/options/index.js';
import { parseLoadOptions } from '../../../src/loadgen/plan/parse-load-options.js';
import { TLS_A, TLS_B } from '../../support/tls-files.js';
import { DialTargets } from '../../../src/loadgen/client/dial-targets.js';

interface Upgrade {
  readonly headers: IncomingMessage['headers'];
  readonly remoteAddress: string | undefined;
  readonly serverName: string | false | null;
  readonly isReused: boolean;
  readonly client: string | undefined;
}

/** Starts a WebSocket server that records each upgrade; with TLS if it receives options for it. */
async function startServer(tls?: ServerOptions) {
  const upgrades: Upgrade[] = [];
  const server = tls === undefined ? createHttpServer() : createHttpsServer(tls);
  const sockets = new WebSocketServer({
    server,
    perMessageDeflate: true,
    handleProtocols: ([...names]) => names.at(-1) ?? false,
  });
  sockets.on('connection', (socket, { headers, socket: { remoteAddress } }) => {
    const secure = Reflect.get(socket, '_socket');
    const isTls = secure instanceof TLSSocket;
    upgrades.push({
      headers,
      remoteAddress,
      serverName: isTls ? Reflect.get(secure, 'servername') : null,
      isReused: isTls && secure.isSessionReused(),
      client: isTls ? String(secure.getPeerCertificate().subject?.CN) : undefined,
    });
    socket.send('hello '.repeat(1000));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { upgrades, port: address.port };
}

function targetsOf(flags: LoadFlags): DialTargets {
  const { behaviour, runtime } = parseLoadOptions(flags);
  if (behaviour.type === 'script') throw new Error('a script dials by itself');
  return new DialTargets(behaviour.dial, runtime);
}

/** Dials as the virtual user with this number, waits for the first message, and closes. */
async function visit(targets: DialTargets, vu = 1): Promise<DialResult & { readonly text: string }> {
  const events = new EventEmitter();
  const message = once(events, 'message');
  const closed = once(events, 'close');
  const handlers = {
    onMessage: (bytes: Uint8Array, start: number, end: number) =>
      void events.emit('message', Buffer.from(bytes.subarray(start, end)).toString()),
    onPong: () => undefined,
    onClose: () => void events.emit('close'),
  };
  const context = { clock: systemClock, readBuffer: Buffer.alloc(65_536) };
  const connection = new ClientConnection(targets.of(vu), handlers, context);
  const result = await connection.dial();
  if (result.error !== undefined) return { ...result, text: '' };
  const [text] = await message;
  connection.close(1000);
  await closed;
  return { ...result, text: String(text) };
}

const TLS_OPTIONS = { cert: readFileSync(TLS_A.certFile), key: readFileSync(TLS_A.keyFile) };

describe('DialTargets', () => {
  it('assigns targets and source addresses in turn', async () => {
    const [one, other] = [await startServer(), await startServer()];
    const url = [`ws://127.0.0.1:${one.port}/1`, `ws://127.0.0.1:${other.port}/2`];
    const targets = targetsOf({ url, localIPs: ['127.0.0.5-127.0.0.6'] });
    for (let vu = 1; vu <= 5; vu += 1) await visit(targets, vu);
    expect(one.upgrades.map(({ remoteAddress }) => remoteAddress)).toEqual(['127.0.0.5', '127.0.0.6', '127.0.0.5']);
    expect(other.upgrades.map(({ remoteAddress }) => remoteAddress)).toEqual(['127.0.0.5', '127.0.0.6']);
  });

  it('sends headers, offers subprotocols and uses compression', async () => {
    const { upgrades, port } = await startServer();
    const flags = { url: `ws://127.0.0.1:${port}/`, headers: ['X-A: 1', 'Host: else'], subprotocols: ['a', 'b'] };
    const result = await visit(targetsOf({ ...flags, compression: true, userAgent: 'me' }));
    expect(upgrades[0]?.headers).toMatchObject({ 'x-a': '1', host: 'else', 'user-agent': 'me' });
    expect(result.subprotocol).toBe('b');
    expect(result.extensions).toContain('permessage-deflate');
    expect(result.text).toBe('hello '.repeat(1000));
  });

  it('connects to the address that replaces a host name', async () => {
    const { upgrades, port } = await startServer();
    const config = { path: 'x', options: { hosts: { 'no.such.example': `127.0.0.1:${port}` } } };
    const { planLoad } = await import('../../../src/loadgen/plan/parse-load-options.js');
    const { behaviour, runtime } = planLoad({ flags: { url: 'ws://no.such.example/' }, config }).plan;
    if (behaviour.type === 'script') throw new Error('a script dials by itself');
    const result = await visit(new DialTargets(behaviour.dial, runtime));
    expect(result.error).toBeUndefined();
    expect(upgrades[0]?.headers.host).toBe('no.such.example');
  });

  it('trusts the given certificate authorities, or any certificate if configured', async () => {
    const { port } = await startServer(TLS_OPTIONS);
    const url = `wss://localhost:${port}/`;
    expect((await visit(targetsOf({ url }))).error?.message).toMatch(/self-signed/);
    expect((await visit(targetsOf({ url, ca: TLS_B.certFile }))).error).toBeInstanceOf(Error);
    expect((await visit(targetsOf({ url, ca: TLS_A.certFile }))).error).toBeUndefined();
    expect((await visit(targetsOf({ url, insecureSkipTLSVerify: true }))).error).toBeUndefined();
  });

  it('sends its certificate and the configured server name', async () => {
    const ca = readFileSync(TLS_B.certFile);
    const { upgrades, port } = await startServer({ ...TLS_OPTIONS, ca, requestCert: true, rejectUnauthorized: true });
    const flags = { url: `wss://127.0.0.1:${port}/`, ca: TLS_A.certFile, serverName: 'localhost' };
    const result = await visit(targetsOf({ ...flags, cert: TLS_B.certFile, key: TLS_B.keyFile }));
    expect(result.error).toBeUndefined();
    expect(upgrades[0]).toMatchObject({ serverName: 'localhost', client: 'other.localhost' });
    expect((await visit(targetsOf(flags))).error).toBeInstanceOf(Error);
  });

  it('resumes TLS sessions only if configured', async () => {
    const { upgrades, port } = await startServer(TLS_OPTIONS);
    const flags = { url: `wss://localhost:${port}/`, ca: TLS_A.certFile };
    for (const targets of [targetsOf({ ...flags, tlsReuse: true }), targetsOf(flags)]) {
      for (let visits = 0; visits < 3; visits += 1) await visit(targets);
    }
    expect(upgrades.map(({ isReused }) => isReused)).toEqual([false, true, true, false, false, false]);
  });

  it('reports files that cannot be used', () => {
    const url = 'wss://localhost/';
    const unusable = (flags: LoadFlags) => () => targetsOf({ url, ...flags });
    expect(unusable({ ca: '/nowhere/ca.pem' })).toThrow(/'\/nowhere\/ca\.pem' \(--ca\) cannot be read/);
    expect(unusable({ cert: TLS_A.certFile, key: TLS_B.keyFile })).toThrow(/cannot be used/);
  });
});

describe('NameResolver', () => {
  const dns = { ttlMs: Number.POSITIVE_INFINITY, select: 'first', policy: 'onlyIPv4' } as const;

  /** Returns the address, and whether it was available without asking the system. */
  function ask({
    lookup,
  }: NameResolver): Promise<{ readonly isKnown: boolean; readonly address: unknown; readonly error: unknown }> {
    return new Promise((resolve) => {
      let isKnown = true;
      lookup('localhost', {}, (error, address) => resolve({ isKnown, address, error }));
      isKnown = false;
    });
  }

  it('caches an answer until it expires', async () => {
    const resolver = new NameResolver({ dns, clock: systemClock });
    const [one, other] = await Promise.all([ask(resolver), ask(resolver)]);
    expect([one, other]).toEqual([
      { isKnown: false, address: '127.0.0.1', error: null },
      { isKnown: false, address: '127.0.0.1', error: null },
    ]);
    expect(await ask(resolver)).toMatchObject({ isKnown: true, address: '127.0.0.1' });
    const forgetful = new NameResolver({ dns: { ...dns, ttlMs: 0 }, clock: systemClock });
    await ask(forgetful);
    expect(await ask(forgetful)).toMatchObject({ isKnown: false });
  });

  it('returns no blocked address', async () => {
    const blocked = new AddressBlock(['127.0.0.0/8']);
    const { error } = await ask(new NameResolver({ dns, clock: systemClock, blocked }));
    expect(String(error)).toContain('blacklisted');
  });
});

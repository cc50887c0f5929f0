import { afterEach, describe } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import type { OnMalformed } from '../../../src/gateway/transport/http/client-errors.js';
import { chooseTransport } from '../../../src/gateway/transport/choose-transport.js';
import type { HttpHandler } from '../../../src/gateway/transport/http/http-exchange.js';
import type { OutboundMessage } from '../../../src/gateway/transport/socket.js';
import type {
  AddressOf,
  SendsProxyHeader,
  TlsFiles,
  Transport,
  TransportEndpoint,
  TransportName,
} from '../../../src/gateway/transport/transport.js';
import { RawWebSocket } from '../../support/raw-websocket.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { TLS_A } from '../../support/tls-files.js';
import { RecordingHandler } from './recording-handler.js';

export const PATH = '/ws';

/** Options that a test may override. */
export interface FixtureOptions {
  readonly endpoints?: readonly Partial<TransportEndpoint>[];
  readonly http?: HttpHandler;
  readonly tls?: TlsFiles;
  readonly port?: number;
  readonly host?: string;
  readonly maxHeadBytes?: number;
  readonly addressOf?: AddressOf;
  readonly sendsProxyHeader?: SendsProxyHeader;
  readonly onCloseIgnored?: () => void;
  readonly onMalformed?: OnMalformed;
}

/** A transport that listens, its handler and its log. */
export interface Fixture {
  readonly transport: Transport;
  readonly handler: RecordingHandler;
  readonly log: RecordingLogger;
  readonly port: number;
  readonly url: string;
}

/** The fixture of a conformance suite for one transport. */
export interface Bench {
  readonly name: TransportName;
  start(options?: FixtureOptions): Promise<Fixture>;
  /** A client of `ws`, open. */
  client(fixture: Fixture, options?: ClientOptions, protocols?: string[]): Promise<WebSocket>;
  /** A raw client, upgraded. */
  raw(fixture: Fixture, headers?: Readonly<Record<string, string>>): Promise<RawWebSocket>;
}

/** Runs one suite on both transports; what a test has started and connected is gone after it. */
export function onBothTransports(title: string, suite: (bench: Bench) => void): void {
  for (const name of ['uws', 'ws'] as const) onTransport(name, title, suite);
}

/** The same, each transport also over TLS. */
export function onBothAlsoOverTls(title: string, suite: (bench: Bench) => void): void {
  onBothTransports(title, suite);
  for (const name of ['uws', 'ws'] as const) onTransport(name, `${title}, TLS`, suite, TLS_A);
}

/** The same for what one of them alone can do; over TLS with the certificate given. */
export function onTransport(name: TransportName, title: string, suite: (bench: Bench) => void, tls?: TlsFiles): void {
  describe(`${title} (${name})`, () => {
    const cleanups: (() => unknown)[] = [];
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
    });
    suite(createBench(name, (cleanup) => cleanups.push(cleanup), tls));
  });
}

/**
 * Like `onBothTransports`, for suites whose tests run at the same time: nothing is cleaned up
 * between them.
 */
export function onBothConcurrently(title: string, suite: (bench: Bench) => void): void {
  describe.concurrent.each(['uws', 'ws'] as const)(`${title} (%s)`, (name) => {
    suite(createBench(name, () => undefined));
  });
}

/** Text that leaves as one frame. */
export function text(payload: string): OutboundMessage {
  return { payload: Buffer.from(payload), binary: false, compress: payload.length >= 512 };
}

/** A binary message of this size, not compressed. */
export function bytes(size: number, fill = 0): OutboundMessage {
  return { payload: Buffer.alloc(size, fill), binary: true, compress: false };
}

/** A transport that does not listen yet. */
export async function createTransport(
  name: TransportName,
  options: FixtureOptions = {},
): Promise<Omit<Fixture, 'port' | 'url'>> {
  const chosen = await chooseTransport(name);
  const handler = new RecordingHandler();
  const log = new RecordingLogger();
  const transport = chosen.create({
    listen: { host: options.host ?? '127.0.0.1', port: options.port ?? 0 },
    tls: options.tls,
    maxHeadBytes: options.maxHeadBytes,
    addressOf: options.addressOf,
    sendsProxyHeader: options.sendsProxyHeader,
    onCloseIgnored: options.onCloseIgnored,
    onMalformed: options.onMalformed,
    endpoints: (options.endpoints ?? [{}]).map((endpoint) => ({ ...DEFAULT_ENDPOINT, ...endpoint })),
    handler,
    http: options.http ?? ((exchange) => exchange.answer({ status: 404, body: '404 page not found\n' })),
    log,
  });
  return { transport, handler, log };
}

const DEFAULT_ENDPOINT: TransportEndpoint = {
  path: PATH,
  maxMessageBytes: 100_000,
  idleTimeoutS: 60,
  maxBufferedBytes: 1024 * 1024,
  compression: false,
};

function createBench(name: TransportName, later: (cleanup: () => unknown) => void, tls?: TlsFiles): Bench {
  return {
    name,
    async start(options = {}) {
      const all = { tls, ...options };
      const created = await createTransport(name, all);
      later(() => created.transport.stop());
      const { port } = await created.transport.listen();
      const scheme = all.tls === undefined ? 'ws' : 'wss';
      return { ...created, port, url: `${scheme}://127.0.0.1:${port}${PATH}` };
    },
    async client(fixture, options = {}, protocols = []) {
      const client = new WebSocket(fixture.url, protocols, { rejectUnauthorized: tls === undefined, ...options });
      later(() => client.terminate());
      await new Promise((resolve, reject) => client.once('open', resolve).once('error', reject));
      return client;
    },
    async raw(fixture, headers) {
      const client = await RawWebSocket.open(fixture.port, PATH, headers, { tls: tls !== undefined });
      later(() => client.destroy());
      return client;
    },
  };
}

import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { errorMessage } from '../../../core/error.js';
import type { UwsApp, UwsModule } from './uws-types.js';

/** A fault of a transport, as observed on this machine, and its consequence for operators. */
export interface TransportLimit {
  readonly check: string;
  readonly observed: string;
  readonly consequence: string;
}

/** Observations of a server under test. */
export interface Seen {
  /** Request paths, in order. */
  readonly requests: string[];
  messages: number;
  /** Whether a client's socket can be paused; undefined before one was open. */
  canPause: boolean | undefined;
}

/**
 * Starts a server on a loopback port that answers every request with 200 once its body has arrived,
 * accepts WebSockets at `/socket`, and records what it observes.
 */
export type StartServer = (seen: Seen) => Promise<{ readonly port: number; close(): void }>;

/**
 * One check of the library: bytes to send, each piece in a read of its own, and a judgement of the
 * answer.
 */
interface Check {
  readonly name: string;
  readonly pieces: readonly string[];
  /** Returns the observed fault; undefined if there is none. */
  judge(answer: string, seen: Seen): string | undefined;
  readonly consequence: string;
}

/**
 * The server runs in this process, so waiting is counted in pauses, which take longer on a busy
 * machine.
 */
const PAUSE_MS = 5;
/** Longest wait for an answer; afterwards it counts as missing. */
const MOST_PAUSES = 200;
/** An answer is complete after this many pauses without further bytes. */
const SILENT_PAUSES = 8;
const CONNECT_BOUND_MS = 5_000;

const HOST = 'Host: self-test\r\n';
const UPGRADE =
  `GET /socket HTTP/1.1\r\n${HOST}Upgrade: websocket\r\nConnection: Upgrade\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
/**
 * Two unmasked binary frames of four bytes each. Parsed as if masked, the bytes of the second
 * complete the first.
 */
const UNMASKED = '\x82\x04hihi\x82\x04hihi';

const CHECKS: readonly Check[] = [
  {
    name: 'request line in two reads',
    pieces: ['GET /split-', `line HTTP/1.1\r\n${HOST}\r\n`],
    judge: (answer, { requests }) => (requests.includes('/split-line') ? undefined : `answered ${status(answer)}`),
    consequence:
      'A request line that arrives in several packets is refused. On most networks that is one longer than about 1.4 KB, such as a token in the query or a list of ids in /send.',
  },
  {
    name: 'absolute request target',
    pieces: [`GET http://self-test/absolute HTTP/1.1\r\n${HOST}\r\n`],
    judge: (answer) => (status(answer) === '200' ? undefined : `answered ${status(answer)}`),
    consequence:
      'Proxies and clients that send absolute URLs are refused on the public address. The separate internal listener (internal_listen_addr) accepts them.',
  },
  {
    name: 'two Content-Lengths',
    pieces: [`POST /lengths HTTP/1.1\r\n${HOST}Content-Length: 4\r\nContent-Length: 9\r\n\r\nbody`],
    judge: (answer, { requests }) =>
      requests.includes('/lengths') ? `the request was accepted (answered ${status(answer)})` : undefined,
    consequence:
      'Request smuggling: a proxy that uses the other length sees different requests than the gateway. Configure the proxy to refuse requests with two Content-Length headers.',
  },
  {
    name: 'trailer behind a chunked body',
    pieces: [
      `POST /chunked HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-Trailer: 1\r\n\r\n` +
        `GET /behind HTTP/1.1\r\n${HOST}\r\n`,
    ],
    judge: (answer, { requests }) =>
      requests.includes('/behind') && statuses(answer) === '200, 200' ? undefined : `answered ${statuses(answer)}`,
    consequence:
      'A request with trailers is executed, but its answer is lost and its trailers are parsed as the next request. Configure proxies not to forward trailers.',
  },
  {
    name: 'frame without a mask',
    pieces: [UPGRADE, UNMASKED],
    judge: (_, { messages }) => (messages > 0 ? 'the frame was accepted as if it were masked' : undefined),
    consequence:
      'A client that does not mask its frames is not closed with 1002. Its messages are garbled and delivered to the backend.',
  },
  {
    name: 'pausing a client',
    pieces: [UPGRADE],
    judge: (_, { canPause }) => (canPause === false ? 'sockets have no pause()' : undefined),
    consequence:
      'No backpressure: when the outbox is full, a client that sends is closed with 1013, where the transport ws would stop reading from it. This transport also bounds neither the inflated size of compressed messages nor the number of connections without a WebSocket, and it keeps one CPU core busy while no file descriptor is free.',
  },
];

/** Tests uWebSockets.js on loopback ports and returns its faults. Takes about 0.1 s. */
export function selfTestUws(uws: UwsModule): Promise<TransportLimit[]> {
  return findLimits(async (seen) => {
    const app = testApp(uws, seen);
    return { port: listenOnLoopback(uws, app), close: () => app.close() };
  });
}

/** Runs each check on its own server, so that checks do not affect each other. Never rejects. */
export async function findLimits(start: StartServer): Promise<TransportLimit[]> {
  try {
    const observations = await Promise.all(CHECKS.map((check) => runCheck(start, check)));
    return CHECKS.flatMap(({ name, consequence }, index) => {
      const observed = observations[index];
      return observed === undefined ? [] : [{ check: name, observed, consequence }];
    });
  } catch (error) {
    const observed = `could not be run: ${errorMessage(error)}`;
    return [{ check: 'self-test', observed, consequence: 'The faults of this build of the library are not known.' }];
  }
}

async function runCheck(start: StartServer, check: Check): Promise<string | undefined> {
  const seen: Seen = { requests: [], messages: 0, canPause: undefined };
  const server = await start(seen);
  try {
    return check.judge(await exchange(server.port, check.pieces), seen);
  } finally {
    server.close();
  }
}

function testApp(uws: UwsModule, seen: Seen): UwsApp {
  const app = uws.App();
  app.ws<object>('/socket', {
    maxPayloadLength: 1024,
    maxBackpressure: 1024,
    idleTimeout: 8,
    sendPingsAutomatically: false,
    compression: uws.DISABLED,
    upgrade: (res, req, context) => res.upgrade({ peer: {} }, req.getHeader('sec-websocket-key'), '', '', context),
    open: (ws) => {
      seen.canPause = 'pause' in ws;
    },
    message: () => {
      seen.messages += 1;
    },
    drain: () => undefined,
    dropped: () => undefined,
    close: () => undefined,
  });
  app.any('/*', (res, req) => {
    seen.requests.push(req.getUrl());
    res.onAborted(() => undefined);
    res.onData((_, isLast) => {
      if (isLast) res.end('seen');
    });
  });
  return app;
}

function listenOnLoopback(uws: UwsModule, app: UwsApp): number {
  let port: number | undefined;
  app.listen('127.0.0.1', 0, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, (result) => {
    if (result !== false) port = uws.us_socket_local_port(result);
  });
  if (port === undefined) throw new Error('cannot listen on 127.0.0.1');
  return port;
}

/**
 * Writes the pieces one after the other and returns the answer, once the other side has ended or is
 * silent.
 */
async function exchange(port: number, pieces: readonly string[]): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  try {
    await connected(socket);
    const answer = new Answer(socket);
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) await untilRead();
      socket.write(piece, 'latin1');
    }
    await answer.complete();
    return answer.text;
  } finally {
    socket.destroy();
  }
}

class Answer {
  text = '';
  #isOver = false;
  #pausesSinceNews = 0;

  constructor(socket: Socket) {
    socket.on('data', (bytes: Buffer) => {
      this.text += bytes.toString('latin1');
      this.#pausesSinceNews = 0;
    });
    const over = (): void => {
      this.#isOver = true;
    };
    socket.on('error', over).on('end', over).on('close', over);
  }

  async complete(): Promise<void> {
    for (let pauses = 0; pauses < MOST_PAUSES && !this.#isOver; pauses += 1) {
      await untilRead();
      this.#pausesSinceNews += 1;
      if (this.text !== '' && this.#pausesSinceNews > SILENT_PAUSES) return;
    }
  }
}

/**
 * Waits some turns of the event loop; then the server, which runs in this process, has read what
 * was written.
 */
async function untilRead(): Promise<void> {
  await wait(PAUSE_MS);
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.setTimeout(CONNECT_BOUND_MS, () => socket.destroy(new Error('no answer from 127.0.0.1')));
    socket.once('connect', resolve).once('error', reject);
  });
}

function status(answer: string): string {
  return /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'nothing';
}

function statuses(answer: string): string {
  const all = [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, code]) => code);
  return all.length === 0 ? 'nothing' : all.join(', ');
}

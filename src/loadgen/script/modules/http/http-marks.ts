import { isIPv6, type Socket } from 'node:net';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import { keepCertificate } from '../../../client/tls-problem.js';

/** Durations of the parts of a request in milliseconds. */
export interface HttpTimings {
  readonly duration: number;
  readonly blocked: number;
  readonly looking_up: number;
  readonly connecting: number;
  readonly tls_handshaking: number;
  readonly sending: number;
  readonly waiting: number;
  readonly receiving: number;
}

/** A request and its response on the wire. */
export interface RoundTrip {
  readonly status: number;
  readonly statusText: string;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly proto: string;
  readonly tlsVersion?: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly timings: HttpTimings;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** Placeholder for a missing response. */
export const NO_ANSWER: RoundTrip = {
  status: 0,
  statusText: '',
  rawHeaders: [],
  body: Buffer.alloc(0),
  proto: '',
  remoteAddress: '',
  remotePort: 0,
  bytesSent: 0,
  bytesReceived: 0,
  timings: {
    duration: 0,
    blocked: 0,
    looking_up: 0,
    connecting: 0,
    tls_handshaking: 0,
    sending: 0,
    waiting: 0,
    receiving: 0,
  },
};

/** Timestamps of a request. */
export class Marks {
  readonly start: number;
  #socket: Socket | undefined;
  #lookedUp = 0;
  #connected = 0;
  #secured = 0;
  #assigned = 0;
  /** The connection was opened for this request. */
  #isNew = false;
  #bytesBefore = { read: 0, written: 0 };
  /** The request ended before a response. */
  #isCut = false;
  #local = '';
  #remote = '';
  #keptCertificate: PeerCertificate | undefined;
  sent = 0;
  answered = 0;

  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
    this.start = now();
  }

  watch(socket: Socket): void {
    this.#socket = socket;
    this.#assigned = this.#now();
    this.#bytesBefore = { read: socket.bytesRead, written: socket.bytesWritten };
    if (!socket.connecting) {
      this.#keepRoute(socket);
      return;
    }
    this.#isNew = true;
    socket.once('lookup', () => (this.#lookedUp = this.#now()));
    socket.once('connect', () => {
      this.#connected = this.#now();
      this.#keepRoute(socket);
    });
    if (!(socket instanceof TLSSocket)) return;
    socket.once('secureConnect', () => (this.#secured = this.#now()));
    keepCertificate(socket, (certificate) => (this.#keptCertificate = certificate));
  }

  /**
   * Local and remote address in Go's format: `127.0.0.1:5000->127.0.0.1:80`; empty without a
   * connection.
   */
  get route(): string {
    return this.#local === '' ? '' : `${this.#local}->${this.#remote}`;
  }

  /** The peer's certificate, if the connection was opened for this request. */
  get certificate(): PeerCertificate | undefined {
    return this.#keptCertificate;
  }

  /** Whether the head of a response was received. */
  get hasAnswer(): boolean {
    return this.answered > 0 && !this.#isCut;
  }

  /**
   * Whether nothing was received on a reused connection: the peer may have closed it before the
   * request.
   */
  get isStale(): boolean {
    const socket = this.#socket;
    const bytesBefore = this.#bytesBefore;
    return socket !== undefined && !this.#isNew && socket.bytesRead === bytesBefore.read;
  }

  timings(end: number): HttpTimings {
    const lookedUp = this.#lookedUp || this.#assigned;
    const connecting = this.#connected === 0 ? 0 : this.#connected - lookedUp;
    const tlsHandshaking = this.#secured === 0 ? 0 : this.#secured - this.#connected;
    const ready = Math.max(this.#assigned, this.#connected, this.#secured);
    const sent = Math.min(Math.max(this.sent, ready), this.answered);
    return {
      // Includes the time to connect, as in k6: until the connection is writable.
      blocked: ready - this.start,
      looking_up: lookedUp - this.#assigned,
      connecting,
      tls_handshaking: tlsHandshaking,
      sending: sent - ready,
      waiting: this.answered - sent,
      receiving: end - this.answered,
      duration: end - ready,
    };
  }

  get peer(): Pick<RoundTrip, 'remoteAddress' | 'remotePort' | 'tlsVersion' | 'bytesSent' | 'bytesReceived'> {
    const socket = this.#socket;
    const bytesBefore = this.#bytesBefore;
    if (socket === undefined) return { remoteAddress: '', remotePort: 0, bytesSent: 0, bytesReceived: 0 };
    const tlsVersion = socket instanceof TLSSocket ? socket.getProtocol() : null;
    return {
      remoteAddress: socket.remoteAddress ?? '',
      remotePort: socket.remotePort ?? 0,
      bytesSent: socket.bytesWritten - bytesBefore.written,
      bytesReceived: socket.bytesRead - bytesBefore.read,
      ...(tlsVersion !== null && { tlsVersion: tlsVersion.replace('TLSv', 'tls') }),
    };
  }

  get end(): HttpTimings {
    return this.timings(this.#now());
  }

  /**
   * Returns the data of a request that ends now without a response. Without a connection all
   * durations are 0, as in k6.
   */
  broken(body: Buffer): RoundTrip {
    const isConnected = this.#socket !== undefined && (!this.#isNew || this.#connected > 0) && !this.#isUnsecured;
    if (!isConnected) {
      // A failed TLS handshake still has a time to connect.
      const connecting = this.#connected === 0 ? 0 : this.timings(this.#now()).connecting;
      return { ...NO_ANSWER, timings: { ...NO_ANSWER.timings, connecting }, ...this.peer };
    }
    const end = this.#now();
    if (this.answered === 0) {
      this.#isCut = true;
      this.answered = end;
    }
    return { ...NO_ANSWER, body, timings: this.timings(end), ...this.peer };
  }

  get #isUnsecured(): boolean {
    return this.#isNew && this.#socket instanceof TLSSocket && this.#secured === 0;
  }

  /** Keeps the addresses, because a closed socket no longer has them. */
  #keepRoute({ localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 }: Socket): void {
    this.#local = hostAndPort(localAddress, localPort);
    this.#remote = hostAndPort(remoteAddress, remotePort);
  }
}

function hostAndPort(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

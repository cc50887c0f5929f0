import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { errorMessage, systemErrorCode, WsgError } from '../../core/error.js';
import { formatListenAddress, type ListenAddress } from '../../core/listen-address.js';

/**
 * A small HTTP server for the duration of a run. It does not keep the process alive, and only
 * answers requests that address it by IP address, not by a host name (protection against DNS
 * rebinding).
 */
export class LocalServer {
  readonly #server: Server;

  readonly #address: ListenAddress;
  readonly #flag: string;

  /** `flag` is the option that requested the server, for error messages. */
  constructor(
    address: ListenAddress,
    flag: string,
    answer: (request: IncomingMessage, response: ServerResponse) => void,
  ) {
    this.#address = address;
    this.#flag = flag;
    this.#server = createServer((request, response) => {
      if (this.#isCalledByAddress(request.headers.host ?? '')) answer(request, response);
      else response.writeHead(403, { 'Content-Type': 'text/plain' }).end('Use the IP address of this server.\n');
    });
  }

  /** Its address as `http://host:port`. */
  get url(): string {
    const bound = this.#server.address();
    const port = bound === null || typeof bound === 'string' ? this.#address.port : bound.port;
    return `http://${formatListenAddress({ host: this.#address.host, port })}`;
  }

  /** Throws `listen.*` if it cannot listen on the address. */
  async start(): Promise<void> {
    this.#server.listen(this.#address.port, this.#address.host);
    try {
      await once(this.#server, 'listening');
    } catch (cause) {
      throw listenFailure(`${this.#flag}: ${formatListenAddress(this.#address)}`, cause);
    }
    this.#server.unref();
    // Connections must not keep the process alive either.
    this.#server.on('connection', (socket) => socket.unref());
  }

  /** Ends all pending responses. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const isClosed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await isClosed;
  }

  #isCalledByAddress(hostHeader: string): boolean {
    const host = hostHeader
      .replace(/:\d+$/, '')
      .replace(/^\[(.*)\]$/, '$1')
      .toLowerCase();
    return isIP(host) !== 0 || host === 'localhost' || host === this.#address.host.toLowerCase();
  }
}

function listenFailure(what: string, cause: unknown): WsgError {
  switch (systemErrorCode(cause)) {
    case 'EADDRINUSE':
      return new WsgError('listen.in-use', `${what} is already in use.`, {
        cause,
        hint: 'Choose another port; 0 selects a free one.',
      });
    case 'EACCES':
      return new WsgError('listen.denied', `${what} requires privileges that this user does not have.`, { cause });
    default:
      return new WsgError('listen.failed', `${what} cannot be listened on: ${errorMessage(cause)}.`, { cause });
  }
}

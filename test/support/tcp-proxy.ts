import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './broker-process.js';

/**
 * A TCP proxy in front of a server, so that a test can cut or silence connections without touching
 * the server.
 */
export class TcpProxy {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #isSilent = false;
  /** Number of connections so far. */
  connections = 0;

  readonly #targetPort: number;

  private constructor(
    readonly port: number,
    targetPort: number,
  ) {
    this.#targetPort = targetPort;
  }

  /** Listens on a free port unless one is given. */
  static async start(targetPort: number, port?: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(port ?? (await freePort()), targetPort);
    await proxy.start();
    return proxy;
  }

  /** Starts listening, again on the same port. */
  async start(): Promise<void> {
    const server = createServer((client) => this.#join(client));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
  }

  /** Cuts all connections without a close handshake. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Stops forwarding; connections stay open. */
  silence(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** Forwards nothing, on connections that come later either. They stay silent for ever. */
  silenceAll(): void {
    this.#isSilent = true;
    this.silence();
  }

  /** Forwards on connections that come from now on. */
  hearAgain(): void {
    this.#isSilent = false;
  }

  /** Stops listening and cuts all connections, as if the server were unavailable. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    this.dropConnections();
    await closed;
  }

  #join(client: Socket): void {
    this.connections++;
    const server = connect(this.#targetPort, '127.0.0.1');
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      if (!this.#isSilent) socket.pipe(other);
    }
  }
}

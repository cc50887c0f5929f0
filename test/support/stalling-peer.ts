import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The behaviour of a peer on an accepted connection. */
export type Stalling =
  /** Sends these bytes, which may be none, and nothing more. */
  | { readonly says: string | Buffer }
  /** Sends these bytes again and again, one byte every `everyMs`. */
  | { readonly dribbles: string | Buffer; readonly everyMs: number }
  /**
   * Forwards a client to the server behind `port` until the client has sent `passes` bytes, then
   * stays silent.
   */
  | { readonly passes: number; readonly port: number };

/**
 * A TCP server that accepts connections and never finishes a handshake. It keeps its end open until
 * the client closes.
 */
export class StallingPeer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #accepted = 0;

  readonly #stalling: Stalling;

  private constructor(stalling: Stalling) {
    this.#stalling = stalling;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#join(socket));
  }

  static async start(stalling: Stalling): Promise<StallingPeer> {
    const peer = new StallingPeer(stalling);
    await new Promise<void>((resolve) => peer.#server.listen(0, '127.0.0.1', resolve));
    return peer;
  }

  get port(): number {
    return addressOf(this.#server).port;
  }

  /** Number of connections since the start. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Number of connections that the client has not ended. */
  get open(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(socket: Socket): void {
    this.#accepted += 1;
    this.#sockets.add(socket);
    const stop = this.#speak(socket);
    const gone = (): void => {
      stop();
      this.#sockets.delete(socket);
      socket.destroy();
    };
    // Reads the client's bytes, so that its end is noticed.
    socket
      .on('data', () => undefined)
      .on('error', gone)
      .on('close', gone)
      .on('end', gone);
  }

  #speak(socket: Socket): () => void {
    const stalling = this.#stalling;
    if ('passes' in stalling) return passSome(socket, stalling);
    if ('says' in stalling) {
      if (stalling.says.length > 0) socket.write(stalling.says);
      return () => undefined;
    }
    const bytes = Buffer.from(stalling.dribbles);
    let at = 0;
    const timer = setInterval(
      () => socket.write(bytes.subarray(at % bytes.length, (at++ % bytes.length) + 1)),
      stalling.everyMs,
    );
    return () => clearInterval(timer);
  }
}

function passSome(client: Socket, { passes, port }: { readonly passes: number; readonly port: number }): () => void {
  const server = connect(port, '127.0.0.1');
  let left = passes;
  client.on('data', (chunk) => server.write(chunk));
  server.on('data', (chunk: Buffer) => {
    if (left > 0) client.write(chunk.subarray(0, left));
    left -= chunk.length;
  });
  server.on('error', () => undefined);
  return () => server.destroy();
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('It does not listen.');
  return address;
}

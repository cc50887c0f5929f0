import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a peer does with a connection that it has accepted. */
export type Stalling =
  /** Says these bytes, and nothing more; nothing at all when there are none. */
  | { readonly says: string | Buffer }
  /** Says these bytes again and again, one every `everyMs`. */
  | { readonly dribbles: string | Buffer; readonly everyMs: number }
  /**
   * Lets a client talk to the server behind that port until it has sent `bytes`, and is silent from
   * then on.
   */
  | { readonly passes: number; readonly port: number };

/**
 * A TCP server that takes connections and never finishes a handshake. It keeps its end open until
 * the client goes.
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

  /** Connections since it was started. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Connections that the client has not ended. */
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
    // What the client says is read, so that its end is seen.
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

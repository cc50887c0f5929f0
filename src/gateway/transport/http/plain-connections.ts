import type { Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { plainAddress } from './remote-address.js';

/** Why a connection was cut as soon as it was accepted. */
export interface RefusedConnection {
  readonly peer: string;
  readonly reason: 'max_plain_connections' | 'max_plain_connections_per_address' | 'open_files';
}

/** Told of each connection that is refused; strangers can provoke it at any rate. */
export type OnConnectionRefused = (refused: RefusedConnection) => void;

export interface PlainConnectionsOptions {
  /** Connections in all that are no WebSocket, or not yet. */
  readonly maxConnections: number;
  /**
   * From this file descriptor on a connection is refused: those above are kept for the log,
   * certificates and sinks.
   */
  readonly maxDescriptor: number;
  /** Peers that many clients share: the bound for one address is not theirs. */
  readonly isShared: (peer: string) => boolean;
  readonly onRefused: OnConnectionRefused;
}

interface PlainConnection {
  readonly peer: string;
  readonly socket: Socket;
  readonly onClose: () => void;
}

/**
 * The socket itself, or where TLS hides it both ends of the TCP connection: asking for those is a
 * system call.
 */
type ConnectionKey = Socket | string;

/** One address may have this part of all. */
const SHARE_OF_ADDRESS = 4;

/**
 * Bounds the connections without a WebSocket, in all and by address, and keeps file descriptors
 * back. The system gives each new connection the lowest free descriptor, so a high one says that
 * all below it are taken: the newcomer is cut, and nobody else.
 */
export class PlainConnections {
  readonly #options: PlainConnectionsOptions;
  readonly #maxOfAddress: number;
  readonly #open = new Map<ConnectionKey, PlainConnection>();
  readonly #byAddress = new Map<string, number>();
  #hidesSockets = false;

  constructor(options: PlainConnectionsOptions) {
    this.#options = options;
    this.#maxOfAddress = Math.max(1, Math.floor(options.maxConnections / SHARE_OF_ADDRESS));
  }

  get size(): number {
    return this.#open.size;
  }

  /** Puts itself before what the server does with a new connection. */
  guard(server: Server): void {
    this.#hidesSockets = server instanceof TlsServer;
    const takers = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      const peer = plainAddress(socket.remoteAddress);
      const reason = this.#whyRefused(socket, peer);
      if (reason !== undefined) {
        socket.destroy();
        this.#options.onRefused({ peer, reason });
        return;
      }
      this.#add(socket, peer);
      for (const take of takers) take.call(server, socket);
    });
  }

  /** The connection asks for a WebSocket: other bounds hold for it from now on. */
  upgraded(socket: Socket): void {
    this.#remove(this.#keyOf(socket));
  }

  #keyOf(socket: Socket): ConnectionKey {
    if (!this.#hidesSockets) return socket;
    return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress}`;
  }

  #whyRefused(socket: Socket, peer: string): RefusedConnection['reason'] | undefined {
    const { maxConnections, maxDescriptor, isShared } = this.#options;
    if (descriptorOf(socket) >= maxDescriptor) return 'open_files';
    if (this.#open.size >= maxConnections) return 'max_plain_connections';
    const isOverShare = (this.#byAddress.get(peer) ?? 0) >= this.#maxOfAddress;
    return isOverShare && !isShared(peer) ? 'max_plain_connections_per_address' : undefined;
  }

  #add(socket: Socket, peer: string): void {
    const key = this.#keyOf(socket);
    const onClose = (): void => this.#remove(key);
    this.#open.set(key, { peer, socket, onClose });
    this.#byAddress.set(peer, (this.#byAddress.get(peer) ?? 0) + 1);
    socket.on('close', onClose);
  }

  /** Leaves nothing on the socket: a WebSocket would keep it for its whole life. */
  #remove(key: ConnectionKey): void {
    const connection = this.#open.get(key);
    if (connection === undefined) return;
    const { peer, socket, onClose } = connection;
    this.#open.delete(key);
    socket.removeListener('close', onClose);
    const left = (this.#byAddress.get(peer) ?? 0) - 1;
    if (left > 0) this.#byAddress.set(peer, left);
    else this.#byAddress.delete(peer);
  }
}

/** Node has it on the handle only; -1 where it has none (Windows). */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof fd === 'number' ? fd : -1;
}

import type { Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { plainAddress } from './remote-address.js';

/** A connection that was cut as soon as it was accepted, and why. */
export interface RefusedConnection {
  readonly peer: string;
  readonly reason: 'max_plain_connections' | 'max_plain_connections_per_address' | 'open_files';
}

/** Called for each refused connection. Clients control the rate of calls. */
export type OnConnectionRefused = (refused: RefusedConnection) => void;

export interface PlainConnectionsOptions {
  /** Maximum number of connections that are not, or not yet, WebSockets. */
  readonly maxConnections: number;
  /**
   * Connections with this file descriptor or a higher one are refused; those are reserved for the
   * log, certificates and sinks.
   */
  readonly maxDescriptor: number;
  /**
   * Whether many clients share this address, such as a proxy's: the limit for one address does not
   * apply.
   */
  readonly isShared: (peer: string) => boolean;
  readonly onRefused: OnConnectionRefused;
}

interface PlainConnection {
  readonly peer: string;
  readonly socket: Socket;
  readonly onClose: () => void;
}

/**
 * The socket itself or, where TLS hides it, both ends of the TCP connection, which take a system
 * call to read.
 */
type ConnectionKey = Socket | string;

/** Divisor: one address may have this part of the maximum. */
const SHARE_OF_ADDRESS = 4;

/**
 * Limits connections without a WebSocket, in total and per address, and reserves file descriptors.
 * The system gives each new connection the lowest free descriptor, so a high one means that all
 * lower ones are in use. Only the new connection is cut.
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

  /** Installs itself before the server's own handling of new connections. */
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

  /** Removes a connection that requested a WebSocket: other limits apply to it. */
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

  /** Leaves no listener on the socket, because a WebSocket would keep it for its whole life. */
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

/** The descriptor, which Node exposes on the handle only; -1 without one (Windows). */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof fd === 'number' ? fd : -1;
}

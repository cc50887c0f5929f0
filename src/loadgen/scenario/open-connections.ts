import type { Clock } from '../../core/clock.js';
import { CLOSING_TIMEOUT_MS } from '../client/adopt-socket.js';
import type { ClientConnection } from '../client/connection.js';
import type { SessionMetrics } from '../metric/built-in-metrics.js';

/** Twice the time that a peer has to answer a close: milliseconds. */
const LONGEST_CLOSING_MS = 2 * CLOSING_TIMEOUT_MS;

/** The bytes of a connection that are counted already, and the metrics that have them. */
interface CountedBytes {
  readonly metrics: Pick<SessionMetrics, 'dataReceived' | 'dataSent'>;
  received: number;
  sent: number;
}

/**
 * All connections that have a socket, from the dial to the peer's answer to the close, which may
 * outlast the iteration. Counts their bytes.
 */
export class OpenConnections {
  readonly #counted = new Map<ClientConnection, CountedBytes>();
  #reportEmpty: () => void = () => undefined;

  get size(): number {
    return this.#counted.size;
  }

  /** Bytes that were sent and have not reached the operating system. */
  get backlogBytes(): number {
    let bytes = 0;
    for (const connection of this.#counted.keys()) bytes += connection.bufferedBytes;
    return bytes;
  }

  /** Adds a connection, whose bytes are counted in `metrics`. */
  add(connection: ClientConnection, metrics: CountedBytes['metrics']): void {
    this.#counted.set(connection, { metrics, received: 0, sent: 0 });
  }

  /** Counts the connection's last bytes and removes it. */
  remove(connection: ClientConnection): void {
    const bytes = this.#counted.get(connection);
    if (bytes === undefined) return;
    this.#count(connection, bytes);
    this.#counted.delete(connection);
    if (this.#counted.size === 0) this.#reportEmpty();
  }

  /** Adds the bytes since the last count to `data_received` and `data_sent`. */
  countBytes(): void {
    for (const [connection, bytes] of this.#counted) this.#count(connection, bytes);
  }

  /** The same for one connection. */
  countBytesOf(connection: ClientConnection): void {
    const bytes = this.#counted.get(connection);
    if (bytes !== undefined) this.#count(connection, bytes);
  }

  /**
   * Resolves when no connection is left. A connection that does not close within its timeout is
   * cut.
   */
  async empty(clock: Pick<Clock, 'schedule'>): Promise<void> {
    if (this.#counted.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = clock.schedule(() => this.#cutAll(), LONGEST_CLOSING_MS);
      this.#reportEmpty = () => {
        cancel();
        resolve();
      };
    });
  }

  #cutAll(): void {
    for (const connection of this.#counted.keys()) {
      connection.abort(new Error('the connection outlasted the run'));
      this.remove(connection);
    }
  }

  #count(connection: ClientConnection, bytes: CountedBytes): void {
    const { bytesReceived, bytesSent } = connection;
    bytes.metrics.dataReceived.add(bytesReceived - bytes.received);
    bytes.metrics.dataSent.add(bytesSent - bytes.sent);
    bytes.received = bytesReceived;
    bytes.sent = bytesSent;
  }
}

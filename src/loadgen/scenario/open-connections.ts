import type { Clock } from '../../core/clock.js';
import { CLOSING_TIMEOUT_MS } from '../client/adopt-socket.js';
import type { Connection } from '../client/connection.js';
import type { SessionMetrics } from '../metric/built-in-metrics.js';

/** Twice what a peer may take to answer a close. */
const LONGEST_CLOSING_MS = 2 * CLOSING_TIMEOUT_MS;

/** The bytes of a connection that are counted already, and where. */
interface CountedBytes {
  readonly metrics: Pick<SessionMetrics, 'dataReceived' | 'dataSent'>;
  received: number;
  sent: number;
}

/**
 * All connections that have a socket: from dialling until the peer has answered the close, which
 * may outlast the iteration. Counts their bytes.
 */
export class OpenConnections {
  readonly #counted = new Map<Connection, CountedBytes>();
  #reportEmpty: () => void = () => undefined;

  get size(): number {
    return this.#counted.size;
  }

  /** Bytes that were sent and the system has not taken. */
  get backlogBytes(): number {
    let bytes = 0;
    for (const connection of this.#counted.keys()) bytes += connection.bufferedBytes;
    return bytes;
  }

  /** `metrics` get the bytes of this connection. */
  add(connection: Connection, metrics: CountedBytes['metrics']): void {
    this.#counted.set(connection, { metrics, received: 0, sent: 0 });
  }

  /** Counts the connection's last bytes and lets go of it. */
  remove(connection: Connection): void {
    const bytes = this.#counted.get(connection);
    if (bytes === undefined) return;
    this.#count(connection, bytes);
    this.#counted.delete(connection);
    if (this.#counted.size === 0) this.#reportEmpty();
  }

  /** Adds the bytes since they were counted last to `data_received` and `data_sent`. */
  countBytes(): void {
    for (const [connection, bytes] of this.#counted) this.#count(connection, bytes);
  }

  /** The same for one connection. */
  countBytesOf(connection: Connection): void {
    const bytes = this.#counted.get(connection);
    if (bytes !== undefined) this.#count(connection, bytes);
  }

  /**
   * Resolves when no connection is left. Each ends within the close timeout of its own; one that
   * does not is cut.
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

  #count(connection: Connection, bytes: CountedBytes): void {
    const { bytesReceived, bytesSent } = connection;
    bytes.metrics.dataReceived.add(bytesReceived - bytes.received);
    bytes.metrics.dataSent.add(bytesSent - bytes.sent);
    bytes.received = bytesReceived;
    bytes.sent = bytesSent;
  }
}

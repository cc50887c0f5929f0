import type { CloseReasonName } from '../close-reason.js';
import { errorMessage } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { HttpRequest } from './http/http-exchange.js';
import type { Socket } from './socket.js';
import type { TransportEndpoint, TransportHandler, UpgradeGrant } from './transport.js';

/**
 * A socket with the handler's connection: undefined before `open` has returned and after `close`.
 */
export interface Peer<C extends object> extends Socket {
  connection: C | undefined;
}

/** A socket that has just been opened. */
export interface Opening<C extends object> {
  readonly peer: Peer<C>;
  readonly request: HttpRequest;
  readonly endpoint: TransportEndpoint;
  readonly grant: UpgradeGrant | undefined;
}

/**
 * Calls a handler so that a throw is logged and ends one socket for `internal_error`, and each
 * opened connection is closed exactly once.
 */
export class GuardedHandler<C extends object> {
  readonly #handler: TransportHandler<C>;
  readonly #log: Logger;
  #opening: Peer<C> | undefined;
  #closedWhileOpening: CloseReasonName | undefined;

  constructor(handler: TransportHandler<C>, log: Logger) {
    this.#handler = handler;
    this.#log = log;
  }

  open({ peer, request, endpoint, grant }: Opening<C>): void {
    this.#opening = peer;
    this.#closedWhileOpening = undefined;
    try {
      peer.connection = this.#handler.open(peer, request, endpoint, grant);
    } catch (thrown) {
      this.#failed('open', peer, thrown);
    }
    this.#opening = undefined;
    this.#closeIfOver(peer);
  }

  message(peer: Peer<C>, payload: Uint8Array, binary: boolean): void {
    if (peer.connection === undefined) return;
    try {
      this.#handler.message(peer.connection, payload, binary);
    } catch (thrown) {
      this.#failed('message', peer, thrown);
    }
  }

  drain(peer: Peer<C>): void {
    if (peer.connection === undefined) return;
    try {
      this.#handler.drain(peer.connection);
    } catch (thrown) {
      this.#failed('drain', peer, thrown);
    }
  }

  dropped(peer: Peer<C>, bytes: number): void {
    if (peer.connection === undefined) return;
    try {
      this.#handler.dropped(peer.connection, bytes);
    } catch (thrown) {
      this.#failed('dropped', peer, thrown);
    }
  }

  closing(peer: Peer<C>): void {
    if (peer.connection === undefined) return;
    try {
      this.#handler.closing?.(peer.connection);
    } catch (thrown) {
      // It needs no end, because it is closing.
      this.#log.error('transport.handler-failed', { handler: 'closing', error: errorMessage(thrown) });
    }
  }

  close(peer: Peer<C>, reason: CloseReasonName): void {
    if (peer === this.#opening) {
      this.#closedWhileOpening = reason;
      return;
    }
    const connection = peer.connection;
    if (connection === undefined) return;
    peer.connection = undefined;
    try {
      this.#handler.close(connection, reason);
    } catch (thrown) {
      this.#failed('close', peer, thrown);
    }
  }

  /** A handler may end its socket inside `open`, before there is a connection to close. */
  #closeIfOver(peer: Peer<C>): void {
    const reason = this.#closedWhileOpening;
    this.#closedWhileOpening = undefined;
    if (reason !== undefined) this.close(peer, reason);
  }

  #failed(handler: string, peer: Peer<C>, thrown: unknown): void {
    this.#log.error('transport.handler-failed', { handler, error: errorMessage(thrown) });
    peer.end('internal_error');
  }
}

import { CLOSE_REASONS, type CloseReasonName } from '../../close-reason.js';
import { readAddress } from './copied-request.js';
import type { GuardedHandler, Peer } from '../guarded-handler.js';
import { joinAddress } from '../http/remote-address.js';
import { CLOSE_GRACE_MS, type OutboundMessage, type SendStatus } from '../socket.js';
import type { UwsPublisher } from './uws-publisher.js';
import { uwsText, type UwsWebSocket } from './uws-types.js';

const BUFFERED = 0;
const DROPPED = 2;
/**
 * Number of receivers of one message for which it is deflated: the library deflates per receiver
 * and does not accept pre-deflated frames.
 */
const MOST_DEFLATIONS = 8;

/** Collaborators shared by all sockets of one uWebSockets.js transport. */
export interface UwsSocketDeps<C extends object> {
  readonly guarded: GuardedHandler<C>;
  /** Drops reported by the library and not yet passed to the handler, oldest first. */
  readonly drops: { readonly peer: UwsSocket<C>; readonly bytes: number }[];
  readonly publisher: UwsPublisher;
  readonly onCloseIgnored: () => void;
}

/**
 * One WebSocket of uWebSockets.js. The library's object throws after its close, so the reference is
 * dropped before the close is reported.
 */
export class UwsSocket<C extends object> implements Peer<C> {
  connection: C | undefined = undefined;
  readonly #deps: UwsSocketDeps<C>;
  #host: string | undefined;
  #native: UwsWebSocket<UwsSocket<C>> | undefined = undefined;
  #closing: UwsClosing<C> | undefined = undefined;
  /** The reason of a close frame that the library is writing. */
  #endReason: CloseReasonName | undefined = undefined;

  /** With `host` undefined the address is read from the library. */
  constructor(deps: UwsSocketDeps<C>, host: string | undefined) {
    this.#deps = deps;
    this.#host = host;
  }

  get remoteAddress(): string {
    return joinAddress(this.host, 0);
  }

  /** The address without port; '' when first read after the close. */
  get host(): string {
    this.#host ??= this.#native === undefined ? '' : readAddress(this.#native);
    return this.#host;
  }

  isOpen(): boolean {
    return this.#native !== undefined;
  }

  /**
   * Hot path: one native call, no allocation. The library also calls `dropped` for this message;
   * the status already reports that.
   */
  send(message: OutboundMessage): SendStatus {
    if (this.#native === undefined) return 'dropped';
    this.#deps.publisher.settle();
    const status = this.#native.send(message.payload, message.binary, message.compress && isWorthDeflating(message));
    if (status === DROPPED) {
      this.#deps.drops.pop();
      return 'dropped';
    }
    return status === BUFFERED ? 'buffered' : 'sent';
  }

  bufferedBytes(): number {
    return this.#native === undefined ? 0 : this.#native.getBufferedAmount();
  }

  /**
   * Settles outside the cork: inside it, each gathered message would cost a system call per socket.
   */
  cork(writes: () => void): void {
    this.#deps.publisher.settle();
    this.#native?.cork(writes);
  }

  subscribe(topic: string): void {
    this.#deps.publisher.settle();
    this.#native?.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.#deps.publisher.settle();
    this.#native?.unsubscribe(topic);
  }

  /**
   * Holds the close frame back while there is a backlog, for a bounded time, because the library
   * has no time limit for a close frame behind a backlog.
   */
  end(reason: CloseReasonName): void {
    const native = this.#native;
    if (native === undefined) return;
    this.#deps.publisher.settle();
    if (native.getBufferedAmount() === 0) {
      this.#endReason = reason;
      endNative(native, reason);
      return;
    }
    this.#native = undefined;
    this.#closing = new UwsClosing({ native, reason, onCloseIgnored: this.#deps.onCloseIgnored });
    this.#deps.guarded.close(this, reason);
  }

  terminate(): void {
    this.#native?.close();
  }

  /** uWebSockets.js cannot stop reading a WebSocket. */
  pause(): void {}

  resume(): void {}

  /** Called by the transport when the library has opened the socket. */
  opened(native: UwsWebSocket<UwsSocket<C>>): void {
    this.#native = native;
  }

  /** Called by the transport when the kernel has accepted buffered bytes. */
  drained(): void {
    if (this.#closing === undefined) this.#deps.guarded.drain(this);
    else this.#closing.endIfDrained();
  }

  /**
   * Called by the transport when the library has closed the socket, whichever side started the
   * close.
   */
  closed(code: number): void {
    this.#closing?.over();
    this.#closing = undefined;
    this.#native = undefined;
    const isLost = code === CLOSE_REASONS.connection_lost.code;
    this.#deps.guarded.close(this, this.#endReason ?? (isLost ? 'connection_lost' : 'closed_by_client'));
  }
}

/**
 * Whether to deflate a message for one more receiver: a broadcast would deflate it once per
 * receiver.
 */
function isWorthDeflating(message: OutboundMessage): boolean {
  message.deflations = (message.deflations ?? 0) + 1;
  return message.deflations <= MOST_DEFLATIONS;
}

function endNative<C extends object>(native: UwsWebSocket<UwsSocket<C>>, name: CloseReasonName): void {
  const { code, reason } = CLOSE_REASONS[name];
  native.end(code, uwsText(reason));
}

interface UwsClosingOptions<C extends object> {
  readonly native: UwsWebSocket<UwsSocket<C>>;
  readonly reason: CloseReasonName;
  readonly onCloseIgnored: () => void;
}

/** Ends a socket as soon as its backlog is written, and cuts it when that takes too long. */
class UwsClosing<C extends object> {
  #native: UwsWebSocket<UwsSocket<C>> | undefined;
  readonly #reason: CloseReasonName;
  readonly #timer: NodeJS.Timeout;
  readonly #recheck: NodeJS.Immediate;

  constructor({ native, reason, onCloseIgnored }: UwsClosingOptions<C>) {
    this.#native = native;
    this.#reason = reason;
    this.#timer = setTimeout(() => {
      onCloseIgnored();
      this.#native?.close();
    }, CLOSE_GRACE_MS);
    // Corked bytes count as backlog but cause no drain event: check again when the tick has been
    // flushed.
    this.#recheck = setImmediate(() => {
      this.#unsubscribe();
      this.endIfDrained();
    });
  }

  endIfDrained(): void {
    const native = this.#native;
    if (native === undefined || native.getBufferedAmount() > 0) return;
    endNative(native, this.#reason);
  }

  over(): void {
    this.#native = undefined;
    clearTimeout(this.#timer);
    clearImmediate(this.#recheck);
  }

  /** Later publishes would keep the backlog growing. */
  #unsubscribe(): void {
    const native = this.#native;
    if (native === undefined) return;
    for (const topic of native.getTopics()) native.unsubscribe(topic);
  }
}

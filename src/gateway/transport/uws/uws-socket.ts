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
 * So many receivers of one message get it deflated: the library takes no frame that was deflated
 * once for all of them.
 */
const MOST_DEFLATIONS = 8;

/** What all sockets of one uWebSockets.js transport share. */
export interface UwsSocketContext<C extends object> {
  readonly guarded: GuardedHandler<C>;
  /** What the library said it dropped and the handler has not been told yet, oldest first. */
  readonly drops: { readonly peer: UwsSocket<C>; readonly bytes: number }[];
  readonly publisher: UwsPublisher;
  readonly onCloseIgnored: () => void;
}

/**
 * One WebSocket of uWebSockets.js. The library's object throws after its close, so it is let go of
 * before the close is told.
 */
export class UwsSocket<C extends object> implements Peer<C> {
  connection: C | undefined = undefined;
  readonly #context: UwsSocketContext<C>;
  #host: string | undefined;
  #native: UwsWebSocket<UwsSocket<C>> | undefined = undefined;
  #closing: UwsClosing<C> | undefined = undefined;
  /** The reason of a close frame that the library is writing. */
  #endReason: CloseReasonName | undefined = undefined;

  /** `host` is undefined when the library is to be asked. */
  constructor(context: UwsSocketContext<C>, host: string | undefined) {
    this.#context = context;
    this.#host = host;
  }

  get remoteAddress(): string {
    return joinAddress(this.host, 0);
  }

  /** The address without port; '' when it was first asked for after the close. */
  get host(): string {
    this.#host ??= this.#native === undefined ? '' : readAddress(this.#native);
    return this.#host;
  }

  isOpen(): boolean {
    return this.#native !== undefined;
  }

  /**
   * Hot: a native call and nothing allocated. `dropped` fires inside for this message too; the
   * status already says so.
   */
  send(message: OutboundMessage): SendStatus {
    if (this.#native === undefined) return 'dropped';
    this.#context.publisher.settle();
    const status = this.#native.send(message.payload, message.binary, message.compress && isWorthDeflating(message));
    if (status === DROPPED) {
      this.#context.drops.pop();
      return 'dropped';
    }
    return status === BUFFERED ? 'buffered' : 'sent';
  }

  bufferedBytes(): number {
    return this.#native === undefined ? 0 : this.#native.getBufferedAmount();
  }

  /**
   * Settled outside the cork: in it, what other sockets are owed would cost each a system call a
   * message.
   */
  cork(writes: () => void): void {
    this.#context.publisher.settle();
    this.#native?.cork(writes);
  }

  subscribe(topic: string): void {
    this.#context.publisher.settle();
    this.#native?.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.#context.publisher.settle();
    this.#native?.unsubscribe(topic);
  }

  /**
   * The library cannot be told to give up on a close frame behind a backlog, so with a backlog the
   * frame waits here, for a bounded time.
   */
  end(reason: CloseReasonName): void {
    const native = this.#native;
    if (native === undefined) return;
    this.#context.publisher.settle();
    if (native.getBufferedAmount() === 0) {
      this.#endReason = reason;
      endNative(native, reason);
      return;
    }
    this.#native = undefined;
    this.#closing = new UwsClosing({ native, reason, onCloseIgnored: this.#context.onCloseIgnored });
    this.#context.guarded.close(this, reason);
  }

  terminate(): void {
    this.#native?.close();
  }

  /** uWebSockets.js cannot stop reading a WebSocket. */
  pause(): void {}

  resume(): void {}

  /** For the transport: the library has opened the socket. */
  opened(native: UwsWebSocket<UwsSocket<C>>): void {
    this.#native = native;
  }

  /** For the transport: the kernel has taken something. */
  drained(): void {
    if (this.#closing === undefined) this.#context.guarded.drain(this);
    else this.#closing.endIfDrained();
  }

  /** For the transport: the library has closed the socket, whichever side began. */
  closed(code: number): void {
    this.#closing?.over();
    this.#closing = undefined;
    this.#native = undefined;
    const isLost = code === CLOSE_REASONS.connection_lost.code;
    this.#context.guarded.close(this, this.#endReason ?? (isLost ? 'connection_lost' : 'closed_by_client'));
  }
}

/**
 * Whether a message is still deflated for one more receiver: a broadcast would cost its deflation
 * as many times.
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

/**
 * A socket that is to be ended as soon as its backlog is gone, and is cut when that takes too long.
 */
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
    // What is corked counts as backlog but raises no drain: look again when the tick has been
    // written out.
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

  /** Later publishes would keep the backlog alive. */
  #unsubscribe(): void {
    const native = this.#native;
    if (native === undefined) return;
    for (const topic of native.getTopics()) native.unsubscribe(topic);
  }
}

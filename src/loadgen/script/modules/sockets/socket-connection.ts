import {
  type BrokenBy,
  ClientConnection,
  type ConnectionHandlers,
  type DialResult,
} from '../../../client/connection.js';
import type { ResponseHeaders } from '../../../client/upgrade-response.js';
import type { SessionMetrics } from '../../../metric/built-in-metrics.js';
import { withTags, type Tags } from '../../../metric/series.js';
import type { VuContext } from '../../runtime/vu-context.js';
import type { SocketRequest } from './ws-params.js';
import { canonicalName, isOfConnection } from '../http/http-response.js';

/** Events that a connection reports to its socket. Messages are script values. */
export interface SocketEvents {
  text(text: string): void;
  binary(bytes: ArrayBuffer): void;
  ping(): void;
  pong(): void;
  closed(code: number, reason: string, broken?: BrokenBy): void;
}

/** Differences between k6's two WebSocket modules. */
export interface SocketOptions {
  /** Whether pings and close frames count as messages sent. */
  readonly countsControlFrames?: boolean;
  /**
   * Whether samples have a `name`: the URL or the script's own name, which then also becomes their
   * `url`.
   */
  readonly namesUrl?: boolean;
}

/**
 * A connection of a script, shared by both WebSocket modules. It dials, converts messages to script
 * values, and records what k6 measures. After a close by the script it keeps counting messages
 * until the peer has answered, so that the numbers of both sides agree.
 */
export class SocketConnection {
  readonly #connection: ClientConnection;
  readonly #pings = new Map<string, number>();
  readonly #baseTags: Tags;
  #metrics: SessionMetrics;
  #pingsSent = 0;
  /** The session duration is only recorded for dials that were not interrupted, as in k6. */
  #isInterrupted = false;
  #isDialling = true;
  /**
   * Messages that arrived in the same packet as the handshake response. They are counted with the
   * tags that the response adds.
   */
  #earlyMessages = 0;
  /** The script has closed the connection. */
  #isClosed = false;

  readonly #vu: VuContext;
  readonly #request: SocketRequest;
  readonly #events: SocketEvents;
  readonly #options: SocketOptions;

  constructor(
    vu: VuContext,
    request: SocketRequest,
    events: SocketEvents,
    /** Behaviour of the k6 module that the socket belongs to. */
    options: SocketOptions = {},
  ) {
    this.#vu = vu;
    this.#request = request;
    this.#events = events;
    this.#options = options;
    const { thread } = vu;
    this.#baseTags = this.#tagsBefore();
    this.#metrics = thread.metrics.bindSession(this.#baseTags);
    this.#connection = new ClientConnection(request.target, this.#handlers(), thread);
  }

  /** Never rejects. Records `ws_sessions` and `ws_connecting`, also for a failed dial. */
  async dial(): Promise<DialResult> {
    const { metrics, systemTags, clock } = this.#vu.thread;
    this.#vu.addSocket(this.#connection);
    const result = await this.#connection.dial();
    const { status, subprotocol, headers = [] } = result;
    for (const [name, value] of headers) if (name.toLowerCase() === 'set-cookie') this.#request.keepCookie(value);
    const tags = systemTags.pick({
      ...(status !== 0 && { status: String(status), subproto: subprotocol ?? '' }),
      ip: this.#connection.remoteAddress === '' ? undefined : this.#connection.remoteAddress,
    });
    this.#metrics = metrics.bindSession(withTags(this.#baseTags, tags));
    if (!this.#isInterrupted) {
      this.#metrics.sessions.add(1);
      this.#metrics.connecting.add(clock.now() - this.#connection.marks.dialStart);
    }
    this.#isDialling = false;
    for (; this.#earlyMessages > 0; this.#earlyMessages -= 1) this.#metrics.messagesReceived.add(1);
    if (result.error !== undefined) this.#vu.removeSocket(this.#connection);
    return result;
  }

  sendText(text: string): void {
    this.#connection.send(text);
    this.#metrics.messagesSent.add(1);
  }

  sendBinary(bytes: Uint8Array): void {
    this.#connection.sendBinary(bytes);
    this.#metrics.messagesSent.add(1);
  }

  /** The pong records a sample of `ws_ping`. */
  ping(): void {
    this.#pingsSent += 1;
    const payload = String(this.#pingsSent);
    this.#pings.set(payload, this.#vu.thread.clock.now());
    this.#connection.ping(payload);
    if (this.#options.countsControlFrames === true) this.countNoMessage();
  }

  /** Counts a message that was not sent, as k6 does. */
  countNoMessage(): void {
    this.#metrics.messagesSent.add(1);
    this.#metrics.sentNoMessage.add(1);
  }

  /** Later pongs record no samples. */
  forgetPings(): void {
    this.#pings.clear();
  }

  get bufferedBytes(): number {
    return this.#connection.bufferedBytes;
  }

  close(code: number, reason = ''): void {
    if (this.#options.countsControlFrames === true && !this.#isClosed) this.countNoMessage();
    this.#isClosed = true;
    this.#connection.close(code, reason);
  }

  interrupt(code: number): void {
    this.#isInterrupted = true;
    this.#connection.close(code);
  }

  /** Ends the session for the script: records `ws_session_duration`. */
  endSession(): void {
    if (this.#isInterrupted) return;
    this.#metrics.sessionDuration.add(this.#vu.thread.clock.now() - this.#connection.marks.dialStart);
  }

  /** Tags before the handshake response adds its own. */
  #tagsBefore(): Tags {
    const vu = this.#vu;
    const request = this.#request;
    const options = this.#options;
    const given = withTags(vu.tags, request.tags);
    const { url } = request;
    const name = options.namesUrl === true ? (given.get('name') ?? url) : undefined;
    return withTags(given, vu.thread.systemTags.pick({ url: name ?? url, name }));
  }

  #handlers(): ConnectionHandlers {
    const events = this.#events;
    return {
      onMessage: (bytes, start, end, isBinary) => {
        if (this.#isClosed) this.#metrics.receivedAfterClose.add(1);
        else if (this.#isDialling) this.#earlyMessages += 1;
        else this.#metrics.messagesReceived.add(1);
        if (isBinary) events.binary(copyOf(bytes, start, end));
        else events.text(decode(bytes, start, end));
      },
      onPing: () => events.ping(),
      onPong: (payload) => {
        const sentMs = this.#pings.get(payload.toString('latin1'));
        this.#pings.delete(payload.toString('latin1'));
        if (sentMs !== undefined) this.#metrics.ping.add(sentMs, sentMs, this.#vu.thread.clock.now());
        events.pong();
      },
      onClose: (code, reason, broken) => {
        this.#vu.removeSocket(this.#connection);
        events.closed(code, reason, broken);
      },
    };
  }
}

/**
 * Returns the response headers of a handshake for scripts. Several headers with one name are
 * joined.
 */
export function responseHeaders(headers: ResponseHeaders = []): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = canonicalName(name);
    if (isOfConnection(key, value)) continue;
    const before = joined[key];
    joined[key] = before === undefined ? value : `${before}, ${value}`;
  }
  return joined;
}

function decode(bytes: Uint8Array, start: number, end: number): string {
  if (Buffer.isBuffer(bytes)) return bytes.toString('utf8', start, end);
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}

function copyOf(bytes: Uint8Array, start: number, end: number): ArrayBuffer {
  const copy = new ArrayBuffer(end - start);
  new Uint8Array(copy).set(bytes.subarray(start, end));
  return copy;
}

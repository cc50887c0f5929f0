import { type BrokenBy, Connection, type ConnectionHandlers, type DialResult } from '../../../client/connection.js';
import type { ResponseHeaders } from '../../../client/upgrade-response.js';
import type { SessionMetrics } from '../../../metric/built-in-metrics.js';
import { withTags, type Tags } from '../../../metric/series.js';
import type { VuContext } from '../../runtime/vu-context.js';
import type { SocketRequest } from './ws-params.js';
import { canonicalName, isOfConnection } from '../http/http-response.js';

/** What a socket hears of its connection; messages come as values of the script. */
export interface SocketEvents {
  text(text: string): void;
  binary(bytes: ArrayBuffer): void;
  ping(): void;
  pong(): void;
  closed(code: number, reason: string, broken?: BrokenBy): void;
}

/** In what k6's two modules differ. */
export interface SocketHabits {
  /** Pings and closes count as messages sent. */
  readonly countsControlFrames?: boolean;
  /** Samples have a `name`: the URL, or what the script gives, which then is their `url` too. */
  readonly namesUrl?: boolean;
}

/**
 * A connection of a script, for both WebSocket modules: dials, turns messages into values, counts
 * them and what k6 measures, and keeps counting messages after a close of ours until the peer has
 * answered, so that both sides' numbers agree.
 */
export class SocketConnection {
  readonly #connection: Connection;
  readonly #pings = new Map<string, number>();
  readonly #baseTags: Tags;
  #metrics: SessionMetrics;
  #pingsSent = 0;
  /** Dials have a session duration only when they were not interrupted, as in k6. */
  #isInterrupted = false;
  #isDialling = true;
  /**
   * Came in one packet with the handshake's answer: they are counted with the tags that the answer
   * adds.
   */
  #earlyMessages = 0;
  /** The script has closed it. */
  #isClosed = false;

  readonly #vu: VuContext;
  readonly #request: SocketRequest;
  readonly #events: SocketEvents;
  readonly #habits: SocketHabits;

  constructor(
    vu: VuContext,
    request: SocketRequest,
    events: SocketEvents,
    /** Whose habits of k6's two modules it has. */
    habits: SocketHabits = {},
  ) {
    this.#vu = vu;
    this.#request = request;
    this.#events = events;
    this.#habits = habits;
    const { thread } = vu;
    this.#baseTags = this.#tagsBefore();
    this.#metrics = thread.metrics.bindSession(this.#baseTags);
    this.#connection = new Connection(request.target, this.#handlers(), thread);
  }

  /** Never rejects. Records `ws_sessions` and `ws_connecting`, also when it fails. */
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

  /** Its pong makes a sample of `ws_ping`. */
  ping(): void {
    this.#pingsSent += 1;
    const payload = String(this.#pingsSent);
    this.#pings.set(payload, this.#vu.thread.clock.now());
    this.#connection.ping(payload);
    if (this.#habits.countsControlFrames === true) this.countNoMessage();
  }

  /** Counts as a message sent what is none, as k6 does. */
  countNoMessage(): void {
    this.#metrics.messagesSent.add(1);
    this.#metrics.sentNoMessage.add(1);
  }

  /** Pongs to come make no samples any more. */
  forgetPings(): void {
    this.#pings.clear();
  }

  get bufferedBytes(): number {
    return this.#connection.bufferedBytes;
  }

  close(code: number, reason = ''): void {
    if (this.#habits.countsControlFrames === true && !this.#isClosed) this.countNoMessage();
    this.#isClosed = true;
    this.#connection.close(code, reason);
  }

  interrupt(code: number): void {
    this.#isInterrupted = true;
    this.#connection.close(code);
  }

  /** The session is over for the script: records `ws_session_duration`. */
  endSession(): void {
    if (this.#isInterrupted) return;
    this.#metrics.sessionDuration.add(this.#vu.thread.clock.now() - this.#connection.marks.dialStart);
  }

  /** Until the answer to the dial adds its own. */
  #tagsBefore(): Tags {
    const vu = this.#vu;
    const request = this.#request;
    const habits = this.#habits;
    const given = withTags(vu.tags, request.tags);
    const { url } = request;
    const name = habits.namesUrl === true ? (given.get('name') ?? url) : undefined;
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

/** The response that scripts get of a handshake; several headers of one name are joined. */
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

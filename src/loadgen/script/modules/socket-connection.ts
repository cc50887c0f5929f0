import { Connection, type ConnectionHandlers, type DialResult } from '../../client/connection.js';
import type { ResponseHeaders } from '../../client/upgrade-response.js';
import type { SessionMetrics } from '../../metric/built-in-metrics.js';
import { withTags, type Tags } from '../../metric/tags.js';
import type { VuContext } from '../runtime/vu-context.js';
import type { SocketRequest } from './ws-params.js';

/** What a socket hears of its connection; messages come as values of the script. */
export interface SocketEvents {
  text(text: string): void;
  binary(bytes: ArrayBuffer): void;
  ping(): void;
  pong(): void;
  closed(code: number, reason: string): void;
}

/**
 * A connection of a script, for both WebSocket modules: dials, turns messages into values, counts them and what k6 measures, and keeps
 * counting messages after a close of ours until the peer has answered, so that both sides' numbers agree.
 */
export class SocketConnection {
  private readonly connection: Connection;
  private readonly pings = new Map<string, number>();
  private readonly baseTags: Tags;
  private metrics: SessionMetrics;
  private pingsSent = 0;
  /** Dials have a session duration only when they were not interrupted, as in k6. */
  private isInterrupted = false;
  /** The script has closed it. */
  private isClosed = false;

  constructor(
    private readonly vu: VuContext,
    private readonly request: SocketRequest,
    private readonly events: SocketEvents,
    /** Whether pings and closes count as messages sent: as k6 has it, they do in one of its modules. */
    private readonly countsControlFrames = false,
  ) {
    const { thread } = vu;
    this.baseTags = withTags(
      withTags(vu.tags, thread.systemTags.pick({ url: request.url, name: request.url })),
      request.tags,
    );
    this.metrics = thread.metrics.bindSession(this.baseTags);
    this.connection = new Connection(request.target, this.handlers(), thread);
  }

  /** Never rejects. Records `ws_sessions` and `ws_connecting`, also when it fails. */
  async dial(): Promise<DialResult> {
    const { connections, metrics, systemTags, clock } = this.vu.thread;
    connections.add(this.connection, this.metrics);
    const result = await this.connection.dial();
    const { status, subprotocol, tlsVersion, headers = [] } = result;
    for (const [name, value] of headers) if (name.toLowerCase() === 'set-cookie') this.request.keepCookie(value);
    const tags = systemTags.pick({
      status: status === 0 ? undefined : String(status),
      subproto: subprotocol ?? '',
      proto: 'HTTP/1.1',
      tls_version: tlsVersion?.replace('TLSv', 'tls'),
      ip: this.connection.remoteAddress,
    });
    this.metrics = metrics.bindSession(withTags(this.baseTags, tags));
    if (!this.isInterrupted) {
      this.metrics.sessions.add(1);
      this.metrics.connecting.add(clock.now() - this.connection.marks.dialStart);
    }
    if (result.error !== undefined) connections.remove(this.connection);
    return result;
  }

  sendText(text: string): void {
    this.connection.send(text);
    this.metrics.messagesSent.add(1);
  }

  sendBinary(bytes: Uint8Array): void {
    this.connection.sendBinary(bytes);
    this.metrics.messagesSent.add(1);
  }

  /** Its pong makes a sample of `ws_ping`. */
  ping(): void {
    this.pingsSent += 1;
    const payload = String(this.pingsSent);
    this.pings.set(payload, this.vu.thread.clock.now());
    this.connection.ping(payload);
    if (this.countsControlFrames) this.countNoMessage();
  }

  /** Counts as a message sent what is none, as k6 does. */
  countNoMessage(): void {
    this.metrics.messagesSent.add(1);
    this.metrics.sentNoMessage.add(1);
  }

  /** Pongs to come make no samples any more. */
  forgetPings(): void {
    this.pings.clear();
  }

  get bufferedBytes(): number {
    return this.connection.bufferedBytes;
  }

  close(code: number, reason = ''): void {
    if (this.countsControlFrames && !this.isClosed) this.countNoMessage();
    this.isClosed = true;
    this.connection.close(code, reason);
  }

  interrupt(code: number): void {
    this.isInterrupted = true;
    this.connection.close(code);
  }

  /** The session is over for the script: records `ws_session_duration`. */
  endSession(): void {
    if (this.isInterrupted) return;
    this.metrics.sessionDuration.add(this.vu.thread.clock.now() - this.connection.marks.dialStart);
  }

  private handlers(): ConnectionHandlers {
    const { events } = this;
    return {
      onMessage: (bytes, start, end, isBinary) => {
        if (this.isClosed) this.metrics.receivedAfterClose.add(1);
        else this.metrics.messagesReceived.add(1);
        if (isBinary) events.binary(copyOf(bytes, start, end));
        else events.text(decode(bytes, start, end));
      },
      onPing: () => events.ping(),
      onPong: (payload) => {
        const sentMs = this.pings.get(payload.toString('latin1'));
        this.pings.delete(payload.toString('latin1'));
        if (sentMs !== undefined) this.metrics.ping.add(sentMs, sentMs, this.vu.thread.clock.now());
        events.pong();
      },
      onClose: (code, reason) => {
        this.vu.thread.connections.remove(this.connection);
        events.closed(code, reason);
      },
    };
  }
}

/** The response that scripts get of a handshake; several headers of one name are joined. */
export function responseHeaders(headers: ResponseHeaders = []): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = canonicalName(name);
    const before = joined[key];
    joined[key] = before === undefined ? value : `${before}, ${value}`;
  }
  return joined;
}

/** As Go, and so k6, writes names of headers: `Sec-Websocket-Accept`. */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
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

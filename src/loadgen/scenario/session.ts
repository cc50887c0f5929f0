import { ClientConnection, type DialResult } from '../client/connection.js';
import type { MessageSink } from '../client/frame-walker.js';
import type { UserDeps } from './scenario.js';

/** k6's default close code. */
const GOING_AWAY = 1001;

interface PendingPing {
  readonly dueMs: number;
  readonly sentMs: number;
}

/** The end of a session. */
export interface SessionResult extends DialResult {
  readonly wasInterrupted: boolean;
  /** The peer closed an open connection. */
  readonly wasLost: boolean;
}

/** The virtual user of a session, and its schedule. */
export interface SessionOptions {
  /** Number of its virtual user, from 1; it decides on the target. */
  readonly vu: number;
  /** Due time of its dial, where there is a schedule: `ws_connecting` then counts from it. */
  readonly dialDueMs?: number;
}

/**
 * One `ws.connect` of k6: dials, lasts until it is closed by either side or interrupted, and
 * records the metrics of WebSocket sessions as k6 does. Messages go straight to the sink, which
 * counts them.
 */
export class Session {
  readonly #connection: ClientConnection;
  readonly #pings = new Map<string, PendingPing>();
  #pingsSent = 0;
  #isEnded = false;
  #wasInterrupted = false;
  #wasLost = false;
  #end: () => void = () => undefined;
  readonly #ended = new Promise<void>((resolve) => {
    this.#end = () => {
      this.#isEnded = true;
      resolve();
    };
  });

  readonly #deps: UserDeps;
  readonly #options: SessionOptions;

  constructor(deps: UserDeps, sink: MessageSink, options: SessionOptions) {
    this.#deps = deps;
    this.#options = options;
    const handlers = {
      onMessage: sink.onMessage.bind(sink),
      onPong: (payload: Buffer) => this.#onPong(payload.toString('latin1')),
      onClose: () => this.#onClose(),
    };
    this.#connection = new ClientConnection(deps.targets.of(options.vu), handlers, deps);
  }

  /**
   * Dials, calls `onOpen` when there is a connection, and resolves when the session is over. Call
   * it once.
   */
  async run(onOpen: () => void): Promise<SessionResult> {
    const { metrics, connections, clock } = this.#deps;
    connections.add(this.#connection, metrics);
    const result = await this.#connection.dial();
    if (!this.#wasInterrupted) {
      metrics.sessions.add(1);
      this.#recordConnecting(clock.now());
    }
    if (result.error === undefined) {
      if (!this.#isEnded) onOpen();
      await this.#ended;
    } else {
      connections.remove(this.#connection);
    }
    // k6 drops samples that follow an interruption, so interrupted sessions have no duration.
    if (!this.#wasInterrupted) metrics.sessionDuration.add(clock.now() - this.#connection.marks.dialStart);
    return { ...result, wasInterrupted: this.#wasInterrupted, wasLost: this.#wasLost };
  }

  /** Sends a text message. */
  send(text: string): void {
    if (this.#isEnded) return;
    this.#connection.send(text);
    this.#deps.metrics.messagesSent.add(1);
  }

  /** Sends a binary message; the caller must not change the bytes afterwards. */
  sendBinary(bytes: Uint8Array): void {
    if (this.#isEnded) return;
    this.#connection.sendBinary(bytes);
    this.#deps.metrics.messagesSent.add(1);
  }

  /** Start of the dial, by the clock. */
  get dialStartMs(): number {
    return this.#connection.marks.dialStart;
  }

  /** Bytes that were sent and have not reached the operating system. */
  get bufferedBytes(): number {
    return this.#connection.bufferedBytes;
  }

  /** Calls back once, when all sent bytes have reached the operating system. */
  onceDrained(task: () => void): void {
    this.#connection.onceDrained(task);
  }

  /** Sends a ping that was due at `dueMs`; its pong makes a sample of `ws_ping`. */
  ping(dueMs: number): void {
    if (this.#isEnded) return;
    this.#pingsSent += 1;
    const payload = String(this.#pingsSent);
    const sentMs = this.#deps.clock.now();
    // A timer may fire a fraction early: a ping that leaves before it is due has no lag.
    this.#pings.set(payload, { dueMs: Math.min(dueMs, sentMs), sentMs });
    this.#connection.ping(payload);
  }

  /**
   * Closes the session. Messages that arrive before the peer's answer to the close are still
   * counted, so that the numbers of both sides agree.
   */
  close(): void {
    if (this.#isEnded) return;
    this.#end();
    this.#connection.close(GOING_AWAY);
  }

  /** Cuts the connection without a close frame, as a failing machine or network does. */
  cut(): void {
    if (this.#isEnded) return;
    this.#end();
    this.#connection.abort(new Error('the connection was cut'));
  }

  /** Ends the session as k6 does when the time is up: closes with 1001 and records no duration. */
  interrupt(): void {
    if (this.#isEnded) return;
    this.#wasInterrupted = true;
    this.close();
  }

  #recordConnecting(nowMs: number): void {
    const { metrics } = this.#deps;
    const { dialStart } = this.#connection.marks;
    const { dialDueMs } = this.#options;
    if (dialDueMs === undefined) metrics.connecting.add(nowMs - dialStart);
    else metrics.dueConnecting.add(Math.min(dialDueMs, dialStart), dialStart, nowMs);
  }

  #onPong(payload: string): void {
    const ping = this.#pings.get(payload);
    if (ping === undefined) return;
    this.#pings.delete(payload);
    const { metrics, clock } = this.#deps;
    metrics.ping.add(ping.dueMs, ping.sentMs, clock.now());
  }

  #onClose(): void {
    this.#deps.connections.remove(this.#connection);
    this.#wasLost = !this.#isEnded;
    this.#end();
  }
}

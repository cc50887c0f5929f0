import { Connection, type DialResult } from '../client/connection.js';
import type { MessageSink } from '../client/frame-walker.js';
import type { UserContext } from './scenario.js';

/** k6's close code unless a script names another. */
const GOING_AWAY = 1001;

interface PendingPing {
  readonly dueMs: number;
  readonly sentMs: number;
}

/** How a session ended. */
export interface SessionResult extends DialResult {
  readonly wasInterrupted: boolean;
  /** The peer ended a connection that was open. */
  readonly wasLost: boolean;
}

/** What is asked of a session besides being one. */
export interface SessionWishes {
  /** Whose it is, from 1: decides where it connects. */
  readonly vu: number;
  /** When its dial was due, where a schedule says so: `ws_connecting` then counts from there. */
  readonly dialDueMs?: number;
}

/**
 * One `ws.connect` of k6: dials, lasts until it is closed by either side or interrupted, and
 * records the metrics of WebSocket sessions as k6 does. Messages go straight to the sink, which
 * counts them.
 */
export class Session {
  readonly #connection: Connection;
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

  readonly #context: UserContext;
  readonly #wishes: SessionWishes;

  constructor(context: UserContext, sink: MessageSink, wishes: SessionWishes) {
    this.#context = context;
    this.#wishes = wishes;
    const handlers = {
      onMessage: sink.onMessage.bind(sink),
      onPong: (payload: Buffer) => this.#onPong(payload.toString('latin1')),
      onClose: () => this.#onClose(),
    };
    this.#connection = new Connection(context.targets.of(wishes.vu), handlers, context);
  }

  /**
   * Dials, calls `onOpen` when there is a connection, and resolves when the session is over. Call
   * it once.
   */
  async run(onOpen: () => void): Promise<SessionResult> {
    const { metrics, connections, clock } = this.#context;
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
    // k6 drops what it records after an interruption, so the sessions that it cuts have no
    // duration.
    if (!this.#wasInterrupted) metrics.sessionDuration.add(clock.now() - this.#connection.marks.dialStart);
    return { ...result, wasInterrupted: this.#wasInterrupted, wasLost: this.#wasLost };
  }

  /** Sends a text message. */
  send(text: string): void {
    if (this.#isEnded) return;
    this.#connection.send(text);
    this.#context.metrics.messagesSent.add(1);
  }

  /** Sends a binary message; the bytes must not change any more. */
  sendBinary(bytes: Uint8Array): void {
    if (this.#isEnded) return;
    this.#connection.sendBinary(bytes);
    this.#context.metrics.messagesSent.add(1);
  }

  /** When the dial began, by the clock. */
  get dialStartMs(): number {
    return this.#connection.marks.dialStart;
  }

  /** Bytes that were sent and have not reached the system yet. */
  get bufferedBytes(): number {
    return this.#connection.bufferedBytes;
  }

  /** Calls back once, when everything that was sent has reached the system. */
  onceDrained(task: () => void): void {
    this.#connection.onceDrained(task);
  }

  /** Sends a ping that was due at `dueMs`; its pong makes a sample of `ws_ping`. */
  ping(dueMs: number): void {
    if (this.#isEnded) return;
    this.#pingsSent += 1;
    const payload = String(this.#pingsSent);
    const sentMs = this.#context.clock.now();
    // A timer may fire a fraction early: what left before it was due did not wait.
    this.#pings.set(payload, { dueMs: Math.min(dueMs, sentMs), sentMs });
    this.#connection.ping(payload);
  }

  /**
   * Ends the session. Messages that come before the peer has answered the close are still counted,
   * so both sides' numbers agree.
   */
  close(): void {
    if (this.#isEnded) return;
    this.#end();
    this.#connection.close(GOING_AWAY);
  }

  /** Ends the session without a word to the peer, as when a machine or a network goes. */
  cut(): void {
    if (this.#isEnded) return;
    this.#end();
    this.#connection.abort(new Error('the connection was cut'));
  }

  /** Ends the session as k6 does when the time is up: closed with 1001, and without a duration. */
  interrupt(): void {
    if (this.#isEnded) return;
    this.#wasInterrupted = true;
    this.close();
  }

  #recordConnecting(nowMs: number): void {
    const { metrics } = this.#context;
    const { dialStart } = this.#connection.marks;
    const { dialDueMs } = this.#wishes;
    if (dialDueMs === undefined) metrics.connecting.add(nowMs - dialStart);
    else metrics.dueConnecting.add(Math.min(dialDueMs, dialStart), dialStart, nowMs);
  }

  #onPong(payload: string): void {
    const ping = this.#pings.get(payload);
    if (ping === undefined) return;
    this.#pings.delete(payload);
    const { metrics, clock } = this.#context;
    metrics.ping.add(ping.dueMs, ping.sentMs, clock.now());
  }

  #onClose(): void {
    this.#context.connections.remove(this.#connection);
    this.#wasLost = !this.#isEnded;
    this.#end();
  }
}

import { z } from 'zod';
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import { errorMessage } from '../../../core/error.js';
import { BackendRefusal } from '../../../core/backend-refusal.js';
import { Lifeline } from '../lifeline.js';
import { closeNats, connectNats, NATS_TIMEOUT_MS, natsErrorName, rethrowNats } from './nats-connection.js';

/** JetStream's answer to a message. */
export type NatsAck =
  | { readonly kind: 'stored'; readonly duplicate: boolean }
  /** The server has the stream and denies the message; `code` is its `err_code`. */
  | { readonly kind: 'denied'; readonly code: number; readonly why: string }
  /** The link is lost or silent, or no stream listens: the message's fate is unknown. */
  | { readonly kind: 'lost'; readonly why: string };

const denial = z.object({ error: z.object({ err_code: z.int().default(0), description: z.string().default('') }) });

/** Reads the answer to a publish. Hot: only the beginning of the usual answer is examined. */
export function parseAck(text: string): NatsAck {
  if (text.startsWith('{"stream":') && text.includes('"seq":')) {
    return { kind: 'stored', duplicate: text.includes('"duplicate":') };
  }
  const parsed = denial.safeParse(jsonOf(text));
  if (!parsed.success) return { kind: 'lost', why: 'an answer that is not an acknowledgement' };
  const { err_code, description } = parsed.data.error;
  return { kind: 'denied', code: err_code, why: description };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The servers' address and the stream to use. */
export interface NatsLinkOptions {
  readonly addr: string;
  readonly stream: string;
  /** Subjects of the stream when it must be created. */
  readonly subjects: readonly string[];
  /** Timeout for all addresses, TLS, login and the stream's lookup together. Default 5 s. */
  readonly timeoutMs?: number;
  /** Aborts the opening. */
  readonly giveUp?: AbortSignal;
  /** Creates a stream that does not exist. */
  readonly makesStream: boolean;
}

export interface NatsMessage {
  readonly subject: string;
  readonly id: string;
  readonly content: Uint8Array;
  /** Only for closes. */
  readonly reason: string | undefined;
  /** Denied with `WRONG_LAST_ID` unless this is the newest message of the stream. */
  readonly after: string | undefined;
}

/** The subjects and sizes that a stream accepts. */
export interface NatsStreamLimits {
  readonly subjects: readonly string[];
  /** Size of one message with its headers: the smaller limit of server and stream. */
  readonly maxBytes: number;
  /** The setting that has the smaller limit. */
  readonly maxBytesSetting: string;
}

const ACK_TIMEOUT_MS = 5_000;

/** The open connection, and the library's functions, which are imported with it. */
interface NatsLinkDeps {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly lifeline: Lifeline;
  /** Prefix of the subjects for acknowledgements. */
  readonly inbox: string;
  readonly createHeaders: () => MsgHdrs;
  /** Undefined when the stream does not exist. */
  readonly info: StreamInfo | undefined;
}

/** One connection to one stream. It does not reconnect: the sink opens another. */
export class NatsLink {
  /** Why the link is closed; undefined while it is open. */
  closedBecause: string | undefined;
  limits: NatsStreamLimits;
  /** False only with `makesStream: false`. */
  readonly isStreamThere: boolean;
  readonly #waiting = new Map<number, (ack: NatsAck) => void>();
  #published = 0;
  readonly #ackTimer: NodeJS.Timeout;
  /** The value of `#published` at the last check. */
  #publishedBefore = 0;
  /** Acknowledgements since the last check. */
  #ackedLately = 0;

  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #options: NatsLinkOptions;
  readonly #lifeline: Lifeline;
  readonly #inbox: string;
  readonly #createHeaders: () => MsgHdrs;

  private constructor(options: NatsLinkOptions, deps: NatsLinkDeps) {
    const { connection, info, inbox } = deps;
    this.#connection = connection;
    this.#manager = deps.manager;
    this.#options = options;
    this.#lifeline = deps.lifeline;
    this.#inbox = inbox;
    this.#createHeaders = deps.createHeaders;
    this.isStreamThere = info !== undefined;
    this.limits = this.#limitsOf(info);
    connection.subscribe(`${inbox}.*`, { callback: (_, message) => this.#answered(message) });
    this.#ackTimer = setInterval(() => this.#checkAcks(), ACK_TIMEOUT_MS).unref();
    void this.#watch();
  }

  /**
   * Connects and looks the stream up. Rejects with a `BackendRefusal` when the server refuses, or
   * the stream is not reliable; the socket is then closed at any stage of the handshake.
   */
  static async open(options: NatsLinkOptions): Promise<NatsLink> {
    const { timeoutMs = NATS_TIMEOUT_MS, giveUp } = options;
    const lifeline = new Lifeline({ timeoutMs, giveUp });
    return lifeline.opening(() => NatsLink.#openOn(lifeline, options)).catch(rethrowNats);
  }

  static async #openOn(lifeline: Lifeline, options: NatsLinkOptions): Promise<NatsLink> {
    const { createInbox, headers } = await import('@nats-io/transport-node');
    const { jetstreamManager } = await import('@nats-io/jetstream');
    const connection = await connectNats(options, lifeline.signal);
    try {
      const manager = await jetstreamManager(connection);
      const info = await findStream(manager, options);
      return new NatsLink(options, {
        connection,
        manager,
        lifeline,
        inbox: createInbox(),
        createHeaders: headers,
        info,
      });
    } catch (error) {
      await closeNats(connection);
      throw error;
    }
  }

  /**
   * Sends a message to the server, in the order of the calls. Rejects when it cannot be encoded.
   */
  publish(message: NatsMessage): Promise<NatsAck> {
    return new Promise((resolve) => {
      if (this.closedBecause !== undefined) return resolve({ kind: 'lost', why: this.closedBecause });
      const number = ++this.#published;
      const reply = `${this.#inbox}.${number}`;
      this.#connection.publish(message.subject, message.content, { reply, headers: this.#headersOf(message) });
      this.#waiting.set(number, resolve);
    });
  }

  /**
   * Asks for the stream's limits again. Without an answer the link is abandoned: the stream may be
   * gone, which only the opening of a link detects.
   */
  async refreshLimits(): Promise<void> {
    try {
      this.limits = this.#limitsOf(await this.#manager.streams.info(this.#options.stream));
    } catch (error) {
      this.abandon(errorMessage(error));
    }
  }

  /** Forbids further publishing on this link; messages without an answer are lost. */
  abandon(why: string): void {
    this.closedBecause ??= why;
    clearInterval(this.#ackTimer);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const resolve of waiting) resolve({ kind: 'lost', why: this.closedBecause });
  }

  /** Ends within 500 ms even when the server does not answer. Idempotent. */
  async close(): Promise<void> {
    this.abandon('the link was given up');
    await closeNats(this.#connection);
    this.#lifeline.cut();
  }

  #headersOf({ id, reason, after }: NatsMessage): MsgHdrs {
    const headers = this.#createHeaders();
    headers.append('Nats-Msg-Id', id);
    headers.append('Nats-Expected-Stream', this.#options.stream);
    if (after !== undefined) headers.append('Nats-Expected-Last-Msg-Id', after);
    if (reason !== undefined) headers.append('reason', reason);
    return headers;
  }

  #answered(message: Msg): void {
    const number = Number(message.subject.slice(message.subject.lastIndexOf('.') + 1));
    const resolve = this.#waiting.get(number);
    if (resolve === undefined) return;
    this.#waiting.delete(number);
    this.#ackedLately++;
    if (message.data.length > 0) return resolve(parseAck(message.string()));
    resolve({ kind: 'lost', why: 'no stream listens' });
    this.abandon('no stream listens');
  }

  /**
   * Abandons the link when the server acknowledges nothing between two checks although a message
   * was waiting all that time.
   */
  #checkAcks(): void {
    const [oldest] = this.#waiting.keys();
    const isOld = oldest !== undefined && oldest <= this.#publishedBefore;
    if (isOld && this.#ackedLately === 0) this.abandon('no acknowledgement came');
    this.#publishedBefore = this.#published;
    this.#ackedLately = 0;
  }

  /**
   * Records why the link ends. When a right is missing, the server only reports an error and drops
   * the message.
   */
  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'error') this.abandon(status.error.message);
    }
    this.abandon('the connection was closed');
  }

  #limitsOf(info: StreamInfo | undefined): NatsStreamLimits {
    const ofServer = this.#connection.info?.max_payload ?? Number.MAX_SAFE_INTEGER;
    const ofStream = info?.config.max_msg_size ?? 0;
    const subjects = info?.config.subjects ?? [];
    return ofStream > 0 && ofStream < ofServer
      ? { subjects, maxBytes: ofStream, maxBytesSetting: `max_msg_size of the stream '${this.#options.stream}'` }
      : { subjects, maxBytes: ofServer, maxBytesSetting: 'max_payload of the NATS server' };
  }
}

/** Undefined when the stream does not exist and must not be created. */
async function findStream(manager: JetStreamManager, options: NatsLinkOptions): Promise<StreamInfo | undefined> {
  const { stream, subjects, makesStream } = options;
  const info = await manager.streams.info(stream).catch((error: unknown) => {
    if (natsErrorName(error) !== 'StreamNotFoundError') throw error;
    return makesStream ? manager.streams.add({ name: stream, subjects: [...subjects] }) : lookForRoom(manager, options);
  });
  if (info?.config.sealed === true) throw new BackendRefusal(`the stream '${stream}' is sealed`);
  if (info?.config.no_ack === true) {
    const effect = 'it keeps messages without acknowledging them, and would be filled with copies';
    throw new BackendRefusal(`the stream '${stream}' has no_ack set: ${effect}`);
  }
  return info;
}

/**
 * Refuses what the server would refuse if the stream were created, as far as the user may list
 * other streams.
 */
async function lookForRoom(manager: JetStreamManager, { stream, subjects }: NatsLinkOptions): Promise<undefined> {
  if (subjects.includes('>')) {
    throw new BackendRefusal(`the stream '${stream}' does not exist, and none can be made that takes all subjects`);
  }
  for (const subject of subjects) {
    const names = await manager.streams
      .names(subject)
      .next()
      .catch((): string[] => []);
    if (names[0] === undefined) continue;
    throw new BackendRefusal(
      `the stream '${stream}' does not exist, and '${names[0]}' takes its subjects '${subject}'`,
    );
  }
  return undefined;
}

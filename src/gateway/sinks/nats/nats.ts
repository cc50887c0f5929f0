import { isIP } from 'node:net';
import { z } from 'zod';
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import { systemClock } from '../../../core/clock.js';
import { waitAtMost } from '../../../core/delay.js';
import { errorMessage } from '../../../core/error.js';
import { BackendRefusal } from '../../../core/backend-refusal.js';
import { Lifeline } from '../lifeline.js';
import { bindSockets } from './bound-sockets.js';

/** What JetStream said of a message. */
export type NatsAck =
  | { readonly kind: 'stored'; readonly duplicate: boolean }
  /** The server has this stream and says no; `code` is its `err_code`. */
  | { readonly kind: 'denied'; readonly code: number; readonly why: string }
  /** The link is lost or silent, no stream listens: nothing is known of the message. */
  | { readonly kind: 'lost'; readonly why: string };

const denial = z.object({ error: z.object({ err_code: z.int().default(0), description: z.string().default('') }) });

/** Reads the answer to a publish. Hot: of the usual answer only its beginning is looked at. */
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

/** What a `nats://` URL says, as the client library takes it. */
export interface NatsServers {
  readonly servers: string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  readonly tls: boolean;
}

/**
 * Reads one URL or a comma-separated list; credentials are those of the first that has some. A user
 * without password is a token. Throws on what is not a URL.
 */
export function parseNatsAddr(addr: string): NatsServers {
  const urls = addr.split(',').map((text) => new URL(text.trim()));
  const servers = urls.map((url) => url.host);
  const tls = urls.some(({ protocol }) => protocol === 'tls:');
  const login = urls.find(({ username, password }) => username !== '' || password !== '');
  if (login === undefined) return { servers, tls };
  const user = decodeURIComponent(login.username);
  if (login.password === '') return { servers, tls, token: user };
  return { servers, tls, user, pass: decodeURIComponent(login.password) };
}

/** What is connected to, and what has to exist there. */
export interface NatsLinkOptions {
  readonly addr: string;
  readonly stream: string;
  /** Of the stream, when it has to be made. */
  readonly subjects: readonly string[];
  /** For all of the opening: addresses, TLS, login and the look at the stream. Default 5 s. */
  readonly timeoutMs?: number;
  /** Ends an opening that is under way. */
  readonly giveUp?: AbortSignal;
  /** Makes a stream that does not exist. */
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

/** What a stream takes. */
export interface NatsStreamLimits {
  readonly subjects: readonly string[];
  /** Of one message with its headers: the smaller of what server and stream take. */
  readonly maxBytes: number;
  /** Which setting that is. */
  readonly maxBytesSetting: string;
}

const CONNECT_TIMEOUT_MS = 5_000;
const PING_MS = 10_000;
const ACK_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 500;

/** One connection to one stream. It never comes back: whoever wants to go on opens another. */
export class NatsLink {
  /** Why it is closed; undefined while it is open. */
  closedBecause: string | undefined;
  limits: NatsStreamLimits;
  /** False only where none is to be made. */
  readonly isStreamThere: boolean;
  readonly #waiting = new Map<number, (ack: NatsAck) => void>();
  #published = 0;
  readonly #ackTimer: NodeJS.Timeout;
  /** `published` when the timer last looked. */
  #publishedBefore = 0;
  /** Acknowledgements since then. */
  #ackedLately = 0;

  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #options: NatsLinkOptions;
  readonly #tools: {
    readonly lifeline: Lifeline;
    readonly inbox: string;
    readonly createHeaders: () => MsgHdrs;
    readonly info: StreamInfo | undefined;
  };

  private constructor(
    connection: NatsConnection,
    manager: JetStreamManager,
    options: NatsLinkOptions,
    tools: {
      readonly lifeline: Lifeline;
      readonly inbox: string;
      readonly createHeaders: () => MsgHdrs;
      readonly info: StreamInfo | undefined;
    },
  ) {
    this.#connection = connection;
    this.#manager = manager;
    this.#options = options;
    this.#tools = tools;
    this.isStreamThere = tools.info !== undefined;
    this.limits = this.#limitsOf(tools.info);
    connection.subscribe(`${tools.inbox}.*`, { callback: (_, message) => this.#answered(message) });
    this.#ackTimer = setInterval(() => this.#checkAcks(), ACK_TIMEOUT_MS).unref();
    void this.#watch();
  }

  /**
   * Connects and looks for the stream. Rejects with a `BackendRefusal` when the server says no, or
   * the stream cannot be relied on; the socket is gone then, however far the handshake came.
   */
  static async open(options: NatsLinkOptions): Promise<NatsLink> {
    const { timeoutMs = CONNECT_TIMEOUT_MS, giveUp } = options;
    const lifeline = new Lifeline({ timeoutMs, giveUp });
    return lifeline.opening(() => NatsLink.#openOn(lifeline, options)).catch(rethrow);
  }

  static async #openOn(lifeline: Lifeline, options: NatsLinkOptions): Promise<NatsLink> {
    const { createInbox, headers } = await import('@nats-io/transport-node');
    const { jetstreamManager } = await import('@nats-io/jetstream');
    const connection = await connectTo(options, lifeline.signal);
    try {
      const manager = await jetstreamManager(connection);
      const info = await findStream(manager, options);
      return new NatsLink(connection, manager, options, {
        lifeline,
        inbox: createInbox(),
        createHeaders: headers,
        info,
      });
    } catch (error) {
      await closeConnection(connection);
      throw error;
    }
  }

  /**
   * Hands a message to the server, in the order of the calls. Rejects when it cannot be encoded.
   */
  publish(message: NatsMessage): Promise<NatsAck> {
    return new Promise((resolve) => {
      if (this.closedBecause !== undefined) return resolve({ kind: 'lost', why: this.closedBecause });
      const number = ++this.#published;
      const reply = `${this.#tools.inbox}.${number}`;
      this.#connection.publish(message.subject, message.content, { reply, headers: this.#headersOf(message) });
      this.#waiting.set(number, resolve);
    });
  }

  /**
   * Asks anew what the stream takes. Without an answer the link is not to be published on any more:
   * the stream may be gone, which only an opening finds out.
   */
  async refreshLimits(): Promise<void> {
    try {
      this.limits = this.#limitsOf(await this.#manager.streams.info(this.#options.stream));
    } catch (error) {
      this.abandon(errorMessage(error));
    }
  }

  /** It is not to be published on any more; what waits is lost. */
  abandon(why: string): void {
    this.closedBecause ??= why;
    clearInterval(this.#ackTimer);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const resolve of waiting) resolve({ kind: 'lost', why: this.closedBecause });
  }

  /** Ends within half a second, whatever the server does. Idempotent. */
  async close(): Promise<void> {
    this.abandon('the link was given up');
    await closeConnection(this.#connection);
    this.#tools.lifeline.cut();
  }

  #headersOf({ id, reason, after }: NatsMessage): MsgHdrs {
    const headers = this.#tools.createHeaders();
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
   * A server that acknowledges nothing from one look to the next, though something waited all the
   * time, is taken for gone.
   */
  #checkAcks(): void {
    const [oldest] = this.#waiting.keys();
    const isOld = oldest !== undefined && oldest <= this.#publishedBefore;
    if (isOld && this.#ackedLately === 0) this.abandon('no acknowledgement came');
    this.#publishedBefore = this.#published;
    this.#ackedLately = 0;
  }

  /**
   * Says why the link ends. A right that is missing the server only mentions, and drops the
   * message.
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

/**
 * How many addresses may be tried one after the other: a name mostly has one of IPv4 and one of
 * IPv6.
 */
function addressCount(servers: readonly string[]): number {
  return servers.reduce(
    (sum, server) => sum + (isIP(new URL(`nats://${server}`).hostname.replace(/^\[|\]$/g, '')) > 0 ? 1 : 2),
    0,
  );
}

/** All servers of the list and all addresses of a name share the time. */
async function connectTo(options: NatsLinkOptions, signal: AbortSignal): Promise<NatsConnection> {
  const { connect } = await import('@nats-io/transport-node');
  const { servers, tls, ...login } = parseNatsAddr(options.addr);
  const { timeoutMs = CONNECT_TIMEOUT_MS } = options;
  return bindSockets(signal, () =>
    connect({
      ...login,
      servers,
      ...(tls && { tls: {} }),
      name: 'wsg',
      reconnect: false,
      timeout: Math.ceil(timeoutMs / addressCount(servers)),
      pingInterval: PING_MS,
      noAsyncTraces: true,
    }),
  );
}

/** Undefined when there is none and none is to be made. */
async function findStream(manager: JetStreamManager, options: NatsLinkOptions): Promise<StreamInfo | undefined> {
  const { stream, subjects, makesStream } = options;
  const info = await manager.streams.info(stream).catch((error: unknown) => {
    if (nameOf(error) !== 'StreamNotFoundError') throw error;
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
 * Refuses what the server would refuse if the stream were made, as far as the user may ask for
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

const REFUSALS: ReadonlySet<string> = new Set([
  'AuthorizationError',
  'UserAuthenticationExpiredError',
  'PermissionViolationError',
  'JetStreamNotEnabled',
  'JetStreamApiError',
  'InvalidNameError',
]);

function rethrow(error: unknown): never {
  if (REFUSALS.has(nameOf(error))) throw new BackendRefusal(errorMessage(error), { cause: error });
  throw error;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

async function closeConnection(connection: NatsConnection): Promise<void> {
  await waitAtMost(systemClock, connection.close(), CLOSE_TIMEOUT_MS);
}

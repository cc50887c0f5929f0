import type { ChannelModel, ConfirmChannel, Message } from 'amqplib';
import { systemClock } from '../../../core/clock.js';
import { waitAtMost } from '../../../core/delay.js';
import { errorMessage } from '../../../core/error.js';
import { BackendRefusal } from '../../../core/backend-refusal.js';
import { Lifeline } from '../lifeline.js';

/** The broker's address and the exchange and queue to declare. */
export interface AmqpLinkOptions {
  /** `amqp://` or `amqps://` URL with credentials. */
  readonly addr: string;
  /** Declared as a durable topic exchange unless it is '', the default exchange. */
  readonly exchange: string;
  /** Declared durable and bound to a named exchange with `#`. */
  readonly queue: string | undefined;
  /** Timeout for TCP, TLS, the handshake and the declarations together. Default 5 s. */
  readonly timeoutMs?: number;
  /** Aborts the opening. */
  readonly giveUp?: AbortSignal;
}

export interface AmqpMessage {
  readonly routingKey: string;
  readonly messageId: string;
  readonly content: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Seconds since the Unix epoch. */
  readonly timestamp: number;
}

/** The broker's confirmation of a message; `lost`: the link closed before it came. */
export type AmqpConfirm = 'acked' | 'nacked' | 'lost';

const CONNECT_TIMEOUT_MS = 5_000;
const HEARTBEAT_S = 10;
const CLOSE_TIMEOUT_MS = 500;

/** Reply codes for errors that a retry does not resolve. */
const REFUSALS: ReadonlySet<unknown> = new Set([402, 403, 404, 405, 406, 530]);

const REFUSED_BY_CODE: ReadonlyMap<unknown, 'message' | 'destination'> = new Map([
  [403, 'destination'],
  [404, 'destination'],
  [406, 'message'],
] as const);

/** A connection, and the means to end it. */
interface OpenedModel {
  readonly model: ChannelModel;
  readonly lifeline: Lifeline;
}

/**
 * One connection with one confirm channel. It does not reconnect: the sink opens another.
 */
export class AmqpLink {
  /** Called for each message that no queue took, before its confirmation. */
  onReturned: (messageId: string, why: string) => void = () => undefined;
  /** Why the link is closed; undefined while it is open. */
  closedBecause: string | undefined;
  /** The broker's reason for blocking the connection; undefined while it is not blocked. */
  blockedBecause: string | undefined;
  /**
   * Why the broker closed the channel: a message that it cannot take (406), or an exchange or
   * routing key that may not be written to (403, 404).
   */
  refused: 'message' | 'destination' | undefined;

  readonly #opened: OpenedModel;
  readonly #channel: ConfirmChannel;
  readonly #exchange: string;

  private constructor(opened: OpenedModel, channel: ConfirmChannel, exchange: string) {
    this.#opened = opened;
    this.#channel = channel;
    this.#exchange = exchange;
    opened.model.on(
      'blocked',
      (reason: unknown) => (this.blockedBecause = `the broker has blocked the connection: ${String(reason)}`),
    );
    opened.model.on('unblocked', () => (this.blockedBecause = undefined));
    channel.on('error', (error: unknown) => {
      this.refused = REFUSED_BY_CODE.get(replyCode(error));
      this.closedBecause ??= errorMessage(error);
    });
    channel.on('close', () => (this.closedBecause ??= 'The channel was closed.'));
    channel.on('return', ({ fields, properties }: Message) =>
      this.onReturned(String(properties.messageId), returnText(fields)),
    );
  }

  /**
   * Connects and declares. Rejects with a `BackendRefusal` when the broker refuses; the socket is
   * then closed at any stage of the handshake.
   */
  static async open(options: AmqpLinkOptions): Promise<AmqpLink> {
    const { timeoutMs = CONNECT_TIMEOUT_MS, giveUp } = options;
    const lifeline = new Lifeline({ timeoutMs, giveUp });
    return lifeline.opening(() => AmqpLink.#openOn(lifeline, options)).catch(rethrow);
  }

  static async #openOn(lifeline: Lifeline, options: AmqpLinkOptions): Promise<AmqpLink> {
    const { connect } = await import('amqplib');
    // Connecting would revive a socket that an aborted signal has destroyed.
    lifeline.signal.throwIfAborted();
    const socketOptions = {
      noDelay: true,
      keepAlive: true,
      // The library's own timeout restarts with each byte: a broker that sends one now and then
      // would never exceed it.
      signal: lifeline.signal,
      clientProperties: { connection_name: 'wsg' },
    };
    const model = await connect(withHeartbeat(options.addr), socketOptions);
    // Without a listener an error of the connection would end the process. The channel's 'close'
    // event reports it.
    model.on('error', () => undefined);
    try {
      const channel = await model.createConfirmChannel();
      const link = new AmqpLink({ model, lifeline }, channel, options.exchange);
      await declare(channel, options);
      return link;
    } catch (error) {
      await closeModel(model);
      throw error;
    }
  }

  /**
   * Sends a message to the broker. Throws when it cannot be encoded or the link is closed. Ignores
   * whether the library's buffer is full: the sink bounds what is in flight.
   */
  publish(message: AmqpMessage, onConfirm: (confirm: AmqpConfirm) => void): void {
    const { routingKey, messageId, content, headers, timestamp } = message;
    this.#channel.publish(
      this.#exchange,
      routingKey,
      content,
      { messageId, headers, timestamp, mandatory: true, persistent: true, contentType: 'application/json' },
      (error: unknown) => onConfirm(this.#confirmOf(error)),
    );
  }

  /** Forbids further publishing on this link. */
  abandon(why: string): void {
    this.closedBecause ??= why;
  }

  /** Ends within 500 ms even when the broker does not answer. Idempotent. */
  async close(): Promise<void> {
    this.abandon('The link was given up.');
    await closeModel(this.#opened.model);
    this.#opened.lifeline.cut();
  }

  #confirmOf(error: unknown): AmqpConfirm {
    if (error === null || error === undefined) return 'acked';
    return errorMessage(error) === 'message nacked' ? 'nacked' : 'lost';
  }
}

async function declare(channel: ConfirmChannel, { exchange, queue }: AmqpLinkOptions): Promise<void> {
  if (exchange !== '') await channel.assertExchange(exchange, 'topic', { durable: true });
  if (queue === undefined) return;
  await channel.assertQueue(queue, { durable: true });
  // Every queue is bound to the default exchange by its name, and other bindings are not allowed.
  if (exchange !== '') await channel.bindQueue(queue, exchange, '#');
}

/** Brokers propose 60 s, which detects a lost broker too late. */
function withHeartbeat(addr: string): string {
  const url = new URL(addr);
  if (!url.searchParams.has('heartbeat')) url.searchParams.set('heartbeat', String(HEARTBEAT_S));
  return url.href;
}

function rethrow(error: unknown): never {
  if (isRefusal(error)) throw new BackendRefusal(errorMessage(error), { cause: error });
  throw error;
}

/**
 * During the handshake the library reports a refusal only in the error's text. For an unknown
 * virtual host even the reply code is missing.
 */
function isRefusal(error: unknown): boolean {
  if (REFUSALS.has(replyCode(error))) return true;
  return /^Handshake terminated by server: (403|530)|ConnectionOpenOk; got <ConnectionClose|^SASL mechanism/.test(
    errorMessage(error),
  );
}

function replyCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function returnText(fields: object): string {
  return 'replyText' in fields ? String(fields.replyText) : 'NO_ROUTE';
}

/** Waits for the close handshake, within a time limit. */
async function closeModel(model: ChannelModel): Promise<void> {
  await waitAtMost(systemClock, model.close(), CLOSE_TIMEOUT_MS);
}

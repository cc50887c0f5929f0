import { type Socket, connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import { RedisConnectionLost, RedisError } from './redis-error.js';
import { introductionRefusal, introductionSteps } from './redis-introduction.js';
import type { RedisAddress } from './redis-url.js';
import { encodeCommand, RespReader, type RespReply } from './resp-reader.js';

/** Commands in flight, and the receiver of their replies. */
interface Exchange {
  readonly expected: number;
  readonly keepsStrings: boolean;
  answered: number;
  readonly onReply: (reply: RespReply, index: number) => void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly cancelDeadline: () => void;
}

/**
 * One connection to Redis that writes commands at once and reads their replies in order. It has no
 * queue, and does not resend or reconnect by itself. One exchange at a time is allowed, so its
 * owner bounds what is in flight.
 */
export class RedisPipeline {
  #socket: Socket | undefined;
  #reader: RespReader | undefined;
  #exchange: Exchange | undefined;
  #connecting: Promise<void> | undefined;
  #isReady = false;
  /** Takes what Redis sends instead of the reader. */
  #taker: ((chunk: Buffer) => void) | undefined;
  #lostBecause = 'it was closed';

  readonly #address: RedisAddress;
  readonly #clock: Clock;
  readonly #onLost: (reason: string) => void;

  constructor(
    address: RedisAddress,
    clock: Clock,
    /** Called when an established connection has ended, for any reason. */
    onLost: (reason: string) => void = () => undefined,
  ) {
    this.#address = address;
    this.#clock = clock;
    this.#onLost = onLost;
  }

  /**
   * Connects unless connected already. Rejects with a `RedisError` when Redis refuses, and with any
   * other error when it is away.
   */
  connect(): Promise<void> {
    if (this.#isReady) return Promise.resolve();
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  get isConnected(): boolean {
    return this.#isReady;
  }

  /**
   * Begins an exchange of `count` commands, which `write` then sends. Resolves when all are
   * answered. Rejects with `RedisConnectionLost` when the connection ends before, or when no
   * outstanding reply is completed within the time limit.
   */
  begin(expected: number, onReply: (reply: RespReply, index: number) => void): Promise<void> {
    return this.#begin({ expected, onReply, keepsStrings: false });
  }

  #begin(wanted: Pick<Exchange, 'expected' | 'onReply' | 'keepsStrings'>): Promise<void> {
    if (this.#socket === undefined) return Promise.reject(new RedisConnectionLost(this.#lostBecause, 0));
    if (this.#exchange !== undefined) return Promise.reject(new Error('An exchange is in flight already.'));
    return new Promise((resolve, reject) => {
      const cancelDeadline = this.#watch(this.#address.replyTimeoutMs);
      this.#exchange = { ...wanted, answered: 0, resolve, reject, cancelDeadline };
      if (this.#reader !== undefined) this.#reader.keepsStrings = wanted.keepsStrings;
    });
  }

  /** Sends bytes of the exchange's commands. They must not change before its end. */
  write(bytes: Uint8Array): void {
    this.#socket?.write(bytes);
  }

  /**
   * Gives all that Redis sends on this connection from now on to `onBytes`, for commands whose
   * replies are not one for each command. Only between exchanges, and none may begin afterwards.
   * The connection ends when `onBytes` throws.
   */
  passBytesTo(onBytes: (chunk: Buffer) => void): void {
    this.#taker = onBytes;
  }

  /** Sends encoded commands and resolves to their replies, strings and errors included. */
  async call(commands: readonly Uint8Array[]): Promise<RespReply[]> {
    const replies: RespReply[] = [];
    await this.#exchangeAll(commands, replies);
    return replies;
  }

  /** Adds each reply to `replies` as it arrives, even when the exchange fails later. */
  #exchangeAll(commands: readonly Uint8Array[], replies: RespReply[]): Promise<void> {
    const onReply = (reply: RespReply): number => replies.push(reply);
    const done = this.#begin({ expected: commands.length, onReply, keepsStrings: true });
    this.write(Buffer.concat(commands));
    return done;
  }

  /**
   * Ends the connection at once; an exchange in flight fails. Idempotent. `connect` opens a new
   * connection.
   */
  close(reason = 'it was closed'): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#lostBecause = reason;
    this.#socket = undefined;
    const wasReady = this.#isReady;
    this.#isReady = false;
    socket.destroy();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.cancelDeadline();
    exchange?.reject(new RedisConnectionLost(reason, exchange.answered));
    if (wasReady) this.#onLost(reason);
  }

  async #connect(): Promise<void> {
    const cancelDeadline = this.#clock.schedule(
      () => this.close(`no connection within ${this.#address.dialTimeoutMs} ms`),
      this.#address.dialTimeoutMs,
    );
    try {
      await this.#dial();
      await this.#introduce();
      this.#isReady = true;
    } catch (error) {
      this.close(errorMessage(error));
      throw error;
    } finally {
      cancelDeadline();
    }
  }

  #dial(): Promise<void> {
    const socket = dialRedis(this.#address);
    this.#socket = socket;
    this.#taker = undefined;
    const reader = new RespReader((reply) => this.#replied(reply));
    this.#reader = reader;
    socket.on('data', (chunk: Buffer) => this.#read(socket, reader, chunk));
    return new Promise((resolve, reject) => {
      socket.once(this.#address.tls ? 'secureConnect' : 'connect', resolve);
      const lost = (reason: string, cause?: Error): void => {
        if (this.#socket === socket) this.close(reason);
        reject(new Error(this.#lostBecause, { cause }));
      };
      socket.on('error', (error) => lost(dialProblem(error), error));
      socket.on('close', () => lost('Redis closed it'));
    });
  }

  async #introduce(): Promise<void> {
    const steps = introductionSteps(this.#address);
    const replies: RespReply[] = [];
    const commands = steps.map(({ command }) => encodeCommand(command));
    await this.#exchangeAll(commands, replies).catch((lost: unknown) => {
      // A Redis that rejects the connection (protected mode, too many clients) sends one error
      // reply and hangs up.
      const [first] = replies;
      throw replies.length === 1 && first instanceof RedisError ? first : lost;
    });
    const refusal = introductionRefusal(steps, replies);
    if (refusal !== undefined) throw refusal;
  }

  #read(socket: Socket, reader: RespReader, chunk: Buffer): void {
    if (this.#socket !== socket) return;
    try {
      if (this.#taker === undefined) reader.push(chunk);
      else this.#taker(chunk);
    } catch (error) {
      this.close(errorMessage(error));
    }
  }

  #replied(reply: RespReply): void {
    const exchange = this.#exchange;
    if (exchange === undefined) {
      // An unsolicited reply is an error before Redis hangs up.
      this.close(reply instanceof RedisError ? reply.message : 'Redis sent a reply without a command');
      return;
    }
    const index = exchange.answered;
    exchange.answered += 1;
    exchange.onReply(reply, index);
    if (exchange.answered < exchange.expected) return;
    this.#exchange = undefined;
    exchange.cancelDeadline();
    exchange.resolve();
  }

  /**
   * Closes the connection when no reply, and no member of one, was completed for `timeoutMs`. Bytes
   * that never complete a reply do not count.
   */
  #watch(timeoutMs: number): () => void {
    let seen = this.#reader?.progress;
    const look = (): void => {
      if (this.#reader?.progress === seen) {
        this.close(`no reply for ${timeoutMs} ms`);
        return;
      }
      seen = this.#reader?.progress;
      cancel = this.#clock.schedule(look, timeoutMs);
    };
    let cancel = this.#clock.schedule(look, timeoutMs);
    return () => cancel();
  }
}

/** Node's own message is empty when several addresses of a name fail. */
function dialProblem(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((one) => errorMessage(one)).join(', ');
  return error.message;
}

const KEEP_ALIVE_MS = 30_000;

/**
 * Begins to connect. The socket fires `connect`, or `secureConnect` with TLS, when it is writable.
 * Certificates are checked against Node's roots and those of NODE_EXTRA_CA_CERTS.
 */
function dialRedis({ endpoint, tls }: RedisAddress): Socket {
  const keeping = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
  if ('path' in endpoint) return connect({ path: endpoint.path });
  if (!tls) return connect({ ...endpoint, ...keeping });
  const isAddress = isIP(endpoint.host) !== 0;
  const socket = connectTls(isAddress ? endpoint : { ...endpoint, servername: endpoint.host });
  return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
}

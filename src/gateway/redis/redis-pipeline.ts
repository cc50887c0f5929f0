import { type Socket, connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import { RedisConnectionLost, RedisError } from './redis-error.js';
import { introductionRefusal, introductionSteps } from './redis-introduction.js';
import type { RedisAddress } from './redis-url.js';
import { encodeCommand, RespReader, type RespReply } from './resp-reader.js';

/** Commands under way, and who wants their replies. */
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
 * One connection to Redis that writes commands as they come and reads their replies in order: no
 * queue, no resending, no reconnecting behind the owner's back. One exchange at a time, so what is
 * in flight is what the owner put into it.
 */
export class RedisPipeline {
  #socket: Socket | undefined;
  #reader: RespReader | undefined;
  #exchange: Exchange | undefined;
  #connecting: Promise<void> | undefined;
  #isReady = false;
  #lostBecause = 'it was closed';

  readonly #address: RedisAddress;
  readonly #clock: Clock;
  readonly #onLost: () => void;

  constructor(
    address: RedisAddress,
    clock: Clock,
    /** Called when a connection that was made has ended, for whatever reason. */
    onLost: () => void = () => undefined,
  ) {
    this.#address = address;
    this.#clock = clock;
    this.#onLost = onLost;
  }

  /**
   * Resolves at once when it is connected already. Rejects with a `RedisError` when Redis says no,
   * with any other error when it is away.
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
   * Begins an exchange of so many commands, which `write` then sends. Resolves when all are
   * answered; rejects with `RedisConnectionLost` when the connection ends before, or when Redis
   * owes a reply and completes none for too long.
   */
  begin(expected: number, onReply: (reply: RespReply, index: number) => void): Promise<void> {
    return this.#begin({ expected, onReply, keepsStrings: false });
  }

  #begin(wanted: Pick<Exchange, 'expected' | 'onReply' | 'keepsStrings'>): Promise<void> {
    if (this.#socket === undefined) return Promise.reject(new RedisConnectionLost(this.#lostBecause, 0));
    if (this.#exchange !== undefined) return Promise.reject(new Error('An exchange is under way already.'));
    return new Promise((resolve, reject) => {
      const cancelDeadline = this.#watch(this.#address.replyTimeoutMs);
      this.#exchange = { ...wanted, answered: 0, resolve, reject, cancelDeadline };
      if (this.#reader !== undefined) this.#reader.keepsStrings = wanted.keepsStrings;
    });
  }

  /** Sends bytes of the exchange's commands; they must not change before it has ended. */
  write(bytes: Uint8Array): void {
    this.#socket?.write(bytes);
  }

  /** Sends encoded commands and resolves to their replies, strings and errors included. */
  async call(commands: readonly Uint8Array[]): Promise<RespReply[]> {
    const replies: RespReply[] = [];
    await this.#exchangeAll(commands, replies);
    return replies;
  }

  /** Replies are in `replies` as they come, also when the exchange does not come to its end. */
  #exchangeAll(commands: readonly Uint8Array[], replies: RespReply[]): Promise<void> {
    const onReply = (reply: RespReply): number => replies.push(reply);
    const done = this.#begin({ expected: commands.length, onReply, keepsStrings: true });
    this.write(Buffer.concat(commands));
    return done;
  }

  /**
   * Ends the connection at once; an exchange under way fails. Idempotent; `connect` makes a new
   * one.
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
    if (wasReady) this.#onLost();
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
      // A Redis that lets nobody in (protected mode, too many clients) says so once, and hangs up.
      const [first] = replies;
      throw replies.length === 1 && first instanceof RedisError ? first : lost;
    });
    const refusal = introductionRefusal(steps, replies);
    if (refusal !== undefined) throw refusal;
  }

  #read(socket: Socket, reader: RespReader, chunk: Buffer): void {
    if (this.#socket !== socket) return;
    try {
      reader.push(chunk);
    } catch (error) {
      this.close(errorMessage(error));
    }
  }

  #replied(reply: RespReply): void {
    const exchange = this.#exchange;
    if (exchange === undefined) {
      // What Redis says unasked are its last words.
      this.close(reply instanceof RedisError ? reply.message : 'Redis sent a reply that nobody asked for');
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
   * Closes the connection when no reply, nor a member of one, became complete for `timeoutMs`:
   * bytes that never make a reply are silence too.
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

/** Where several addresses of a name fail Node's own message is empty. */
function dialProblem(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((one) => errorMessage(one)).join(', ');
  return error.message;
}

const KEEP_ALIVE_MS = 30_000;

/**
 * Begins to connect; the socket fires `connect`, or `secureConnect` with TLS, when it may be
 * written to. Certificates are checked against Node's roots and those that NODE_EXTRA_CA_CERTS
 * names.
 */
function dialRedis({ endpoint, tls }: RedisAddress): Socket {
  const keeping = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
  if ('path' in endpoint) return connect({ path: endpoint.path });
  if (!tls) return connect({ ...endpoint, ...keeping });
  const isAddress = isIP(endpoint.host) !== 0;
  const socket = connectTls(isAddress ? endpoint : { ...endpoint, servername: endpoint.host });
  return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
}

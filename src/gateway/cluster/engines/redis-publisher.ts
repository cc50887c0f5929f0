import type { Clock } from '../../../core/clock.js';
import { waitAtMost } from '../../../core/delay.js';
import { RedisError } from '../../redis/redis-error.js';
import { RedisPipeline } from '../../redis/redis-pipeline.js';
import type { RedisAddress } from '../../redis/redis-url.js';
import { encodeCommand, RespReader, type RespReply } from '../../redis/resp-reader.js';
import { SilenceWatch } from './silence-watch.js';

export interface RedisPublisherDeps {
  readonly clock: Clock;
  /** Called once when the open connection ends without `close`. */
  readonly lost: (reason: string) => void;
}

/**
 * Published bytes that Redis has not answered for. Beyond them messages are dropped, so that a Redis
 * that does not read cannot fill the memory.
 */
const MOST_UNANSWERED_BYTES = 64 * 1024 * 1024;
const FINISH_MS = 500;
/** Channels of nodes come and go. */
const MOST_CHANNEL_HEADS = 1_024;
const ROLE_QUESTION = encodeCommand(['INFO', 'replication']);
const PING = encodeCommand(['PING']);
const NOTHING = new Uint8Array(0);
const LINE_END = Buffer.from('\r\n');

/** Takes a reply, or the reason why the connection ended before. */
type ReplyTaker = (reply: RespReply | LostReply) => void;

/** Stands for the reply to a command when the connection ended before. */
class LostReply {
  constructor(readonly reason: string) {}
}

/** The connection to Redis that publishes. Messages of one tick leave as one write. */
export class RedisPublisher {
  readonly #deps: RedisPublisherDeps;
  readonly #pipeline: RedisPipeline;
  readonly #watch: SilenceWatch;
  #isClosed = false;
  #asksRole = true;
  /** Commands of this tick. */
  #unwritten: Uint8Array[] = [];
  /** For each command without a reply, in order: the bytes that it publishes, or who wants the reply. */
  #outstanding: (number | ReplyTaker)[] = [];
  /** Number of entries of `#outstanding` that are answered. */
  #answered = 0;
  #unansweredBytes = 0;
  #answers = 0;
  /** The beginning of a PUBLISH for each channel. */
  readonly #heads = new Map<string, Buffer>();

  constructor(address: RedisAddress, deps: RedisPublisherDeps) {
    this.#deps = deps;
    this.#pipeline = new RedisPipeline(address, deps.clock, (reason) => this.#ended(reason));
    this.#watch = new SilenceWatch({
      clock: deps.clock,
      ping: () => this.#ask(),
      progress: () => this.#answers,
      silent: (reason) => this.#pipeline.close(reason),
    });
  }

  /**
   * Connects, and publishes an empty message to each channel. Rejects with a `RedisError` when Redis
   * refuses one.
   */
  async open(channels: readonly string[]): Promise<void> {
    await this.#pipeline.connect();
    const reader = new RespReader((reply) => this.#replied(reply));
    reader.keepsStrings = true;
    this.#pipeline.passBytesTo((chunk) => reader.push(chunk));
    const role = await this.#call(ROLE_QUESTION);
    this.#asksRole = !(role instanceof RedisError);
    if (isReplica(role)) throw new RedisError(REPLICA);
    const replies = await Promise.all(
      channels.map((channel) => this.#call(Buffer.concat([this.#headOf(channel), payloadHead(NOTHING), LINE_END]))),
    );
    for (const reply of replies) if (reply instanceof RedisError) throw reply;
    this.#watch.start();
  }

  /** Sends, or returns false when Redis has not taken what was sent before. */
  publish(channel: string, bytes: Uint8Array): boolean {
    if (this.#isClosed || this.#unansweredBytes > MOST_UNANSWERED_BYTES) return false;
    this.#send(bytes.length, this.#headOf(channel), payloadHead(bytes), bytes, LINE_END);
    this.#unansweredBytes += bytes.length;
    return true;
  }

  /** Waits until Redis has taken what was published, at most 500 ms, and closes. */
  async finish(): Promise<void> {
    if (!this.#isClosed) await waitAtMost(this.#deps.clock, this.#call(PING), FINISH_MS);
    this.close();
  }

  close(reason?: string): void {
    this.#isClosed = true;
    this.#pipeline.close(reason);
    this.#release(reason);
  }

  #send(outstanding: number | ReplyTaker, ...command: readonly Uint8Array[]): void {
    if (this.#unwritten.length === 0) queueMicrotask(() => this.#write());
    this.#unwritten.push(...command);
    this.#outstanding.push(outstanding);
  }

  #write(): void {
    const bytes = Buffer.concat(this.#unwritten);
    this.#unwritten = [];
    this.#pipeline.write(bytes);
  }

  #call(command: Uint8Array): Promise<RespReply> {
    return new Promise((resolve, reject) => {
      const take: ReplyTaker = (reply) => {
        if (reply instanceof LostReply) reject(new Error(reply.reason));
        else resolve(reply);
      };
      this.#send(take, command);
    });
  }

  /** Asks for anything. A Redis that was made a replica passes messages to nobody but its own clients. */
  #ask(): void {
    this.#send(
      (reply) => {
        if (isReplica(reply)) this.#pipeline.close(REPLICA);
      },
      this.#asksRole ? ROLE_QUESTION : PING,
    );
  }

  #replied(reply: RespReply): void {
    this.#answers += 1;
    const outstanding = this.#outstanding[this.#answered];
    if (outstanding === undefined) {
      // An unsolicited reply is an error before Redis hangs up.
      return this.#pipeline.close(reply instanceof RedisError ? reply.message : 'Redis sent a reply without a command');
    }
    this.#answered += 1;
    if (this.#answered === this.#outstanding.length) {
      this.#outstanding = [];
      this.#answered = 0;
    }
    if (typeof outstanding === 'function') return outstanding(reply);
    this.#unansweredBytes -= outstanding;
    if (reply instanceof RedisError) this.#pipeline.close(`it refuses a message: ${reply.message}`);
  }

  #ended(reason: string): void {
    this.#release(reason);
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#deps.lost(reason);
  }

  #release(reason = 'it was closed'): void {
    this.#watch.stop();
    const left = this.#outstanding.slice(this.#answered);
    this.#outstanding = [];
    this.#answered = 0;
    for (const each of left) if (typeof each === 'function') each(new LostReply(reason));
  }

  #headOf(channel: string): Buffer {
    const known = this.#heads.get(channel);
    if (known !== undefined) return known;
    if (this.#heads.size >= MOST_CHANNEL_HEADS) this.#heads.clear();
    const head = Buffer.from(`*3\r\n$7\r\nPUBLISH\r\n$${Buffer.byteLength(channel)}\r\n${channel}\r\n`);
    this.#heads.set(channel, head);
    return head;
  }
}

const REPLICA =
  'READONLY it is a replica, which passes messages to its own clients only; the address must be that of the master';

function isReplica(reply: RespReply | LostReply): boolean {
  return typeof reply === 'string' && /^role:(?:slave|replica)\s/m.test(reply);
}

function payloadHead(bytes: Uint8Array): Buffer {
  return Buffer.from(`$${bytes.length}\r\n`);
}

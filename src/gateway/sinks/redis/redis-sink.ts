import { errorMessage, WsgError } from '../../../core/error.js';
import { isRefusal, RedisError, isAboutServer, isRefusedStream } from '../../redis/redis-error.js';
import { RedisPipeline } from '../../redis/redis-pipeline.js';
import { tryCommands } from '../../redis/redis-trial.js';
import { redisAddress, type RedisAddress } from '../../redis/redis-url.js';
import { encodeCommand, RespArray, type RespReply } from '../../redis/resp-reader.js';
import type { GatewayEvent } from '../../event/gateway-event.js';
import {
  DeliveryError,
  type EventSink,
  type FailedEvent,
  type RefusedEvent,
  type SinkDeps,
  type SinkReceipt,
} from '../event-sink.js';
import { RedisEntryEncoder } from './redis-entry-encoder.js';
import { RedisTransaction } from '../../redis/redis-transaction.js';

/** Holds credentials: never to be logged. */
export interface RedisSinkConfig {
  readonly addr: string;
  /** May be a template. */
  readonly streamName: string;
  readonly eventIdField: string | undefined;
  /** Carries the reason of a close. */
  readonly closeReasonField: string | undefined;
  /** 0: none. */
  readonly maxLen: number;
}

/** Leaves a margin within the 5 s that a sink may take to stop. */
const FINISH_MS = 4_000;
/** Settings of Redis that limit the size of a value, and the default of the first. */
const VALUE_LIMIT = 'proto-max-bulk-len';
const BUFFER_LIMIT = 'client-query-buffer-limit';
const DEFAULT_MAX_VALUE_BYTES = 512 * 1024 * 1024;

/**
 * Adds events to Redis Streams. A batch is one transaction, so Redis takes all of it or, for a
 * temporary reason, nothing: a later event can never be in the stream while an earlier one is not
 * (docs/reference/redis.md).
 */
export class RedisSink implements EventSink {
  readonly name = 'redis';
  readonly #address: RedisAddress;
  readonly #pipeline: RedisPipeline;
  readonly #encoder: RedisEntryEncoder;
  #maxValueBytes = DEFAULT_MAX_VALUE_BYTES;
  #delivering: Promise<unknown> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  readonly #config: RedisSinkConfig;
  readonly #deps: SinkDeps;
  readonly #position: number;

  constructor(config: RedisSinkConfig, deps: SinkDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#position = deps.position;
    this.#address = redisAddress(config.addr);
    this.#pipeline = new RedisPipeline(this.#address, deps.clock);
    this.#encoder = new RedisEntryEncoder(config, (bytes) => this.#pipeline.write(bytes));
  }

  destinationOf({ destinations }: GatewayEvent): string | undefined {
    return this.#isOneStream ? undefined : destinations?.[this.#position];
  }

  async start(): Promise<void> {
    try {
      await this.#connect();
      if (!this.#config.streamName.includes('{')) await this.#checkStream(this.#config.streamName);
    } catch (error) {
      throw isRefusal(error) ? this.#refusal(errorMessage(error), error) : error;
    }
  }

  deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const delivering = this.#deliver(batch);
    this.#delivering = delivering.catch(() => undefined);
    return delivering;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#finish();
    return this.#stopping;
  }

  /**
   * Repeats the transaction without the events at fault until none is left. Rejects for a temporary
   * reason, so that the whole batch is offered again.
   */
  async #deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    if (this.#stopping !== undefined) throw new DeliveryError('sink', 'The Redis sink has stopped.');
    await this.#connect().catch((error: unknown) => {
      throw new DeliveryError('sink', errorMessage(error), error);
    });
    const refused: RefusedEvent[] = [];
    const failed: FailedEvent[] = [];
    let rest = this.#withoutTooLarge(batch, refused);
    while (rest.length > 0) {
      const outcome = await this.#transact(rest);
      this.#sort(rest, outcome, failed);
      if (outcome.aborted === undefined) break;
      if (outcome.refused.size === 0) {
        // A replica remains one, and missing rights remain missing, as long as the connection
        // lasts. A new connection may reach another Redis at the same address.
        this.#pipeline.close('it took nothing of a batch');
        const blames = isAboutServer(outcome.aborted) ? 'sink' : 'attempt';
        throw new DeliveryError(blames, outcome.aborted.message, outcome.aborted);
      }
      rest = rest.filter((_, index) => !outcome.refused.has(index));
    }
    return { settled: batch.length, refused, ...(failed.length > 0 && { failed: failed.toSorted(bySequence) }) };
  }

  /**
   * Adds the events that Redis did not take to `failed`. With a single stream, a refused stream
   * concerns all events, and nothing of the batch may count as delivered.
   */
  #sort(batch: readonly GatewayEvent[], { refused }: RedisTransaction, failed: FailedEvent[]): void {
    for (const [index, error] of refused) {
      const event = batch[index];
      if (event === undefined) throw new Error('Redis answered for an event that it was not given.');
      const isOfStream = isRefusedStream(error);
      if (isOfStream && this.#isOneStream) throw new DeliveryError('sink', error.message, error);
      failed.push({ event, failure: { blames: isOfStream ? 'destination' : 'event', reason: error.message } });
    }
  }

  get #isOneStream(): boolean {
    return !this.#config.streamName.includes('{');
  }

  /** Writes chunk by chunk while encoding, so that Redis reads the first entries early. */
  async #transact(batch: readonly GatewayEvent[]): Promise<RedisTransaction> {
    const transaction = new RedisTransaction(batch.length);
    const done = this.#pipeline.begin(transaction.replies, (reply, index) => transaction.read(reply, index));
    const { streamName } = this.#config;
    const position = this.#position;
    this.#encoder.begin();
    for (const event of batch) this.#encoder.add(event, event.destinations?.[position] ?? streamName);
    this.#encoder.end();
    try {
      await done;
    } catch (error) {
      this.#encoder.forget();
      throw error;
    }
    return transaction;
  }

  /**
   * Sorts out messages above Redis's limit. Redis would close the connection on them, usually
   * before its answer can be read.
   */
  #withoutTooLarge(batch: readonly GatewayEvent[], refused: RefusedEvent[]): readonly GatewayEvent[] {
    const isTooLarge = ({ message }: GatewayEvent): boolean =>
      message !== undefined && message.length > this.#maxValueBytes;
    if (!batch.some(isTooLarge)) return batch;
    const reason = `the message is larger than the ${this.#maxValueBytes} bytes that Redis takes`;
    for (const event of batch) if (isTooLarge(event)) refused.push({ event, reason });
    return batch.filter((event) => !isTooLarge(event));
  }

  /**
   * Connects and asks for the server's limits; without the right to ask, the defaults count. A user
   * without the right to MULTI must not get to a batch: Redis would run each command by itself, and
   * again with each retry.
   */
  async #connect(): Promise<void> {
    if (this.#pipeline.isConnected) return;
    await this.#pipeline.connect();
    const settings = [VALUE_LIMIT, BUFFER_LIMIT].map((name) => ['CONFIG', 'GET', name]);
    const questions = [...settings, ['MULTI'], ['DISCARD']];
    const [limit, bufferLimit, multi] = await this.#pipeline.call(questions.map(encodeCommand));
    if (multi instanceof RedisError) {
      this.#pipeline.close('it refuses transactions');
      throw multi;
    }
    this.#maxValueBytes = settingOf(limit) ?? DEFAULT_MAX_VALUE_BYTES;
    this.#reportLimit(VALUE_LIMIT, this.#maxValueBytes);
    this.#reportLimit(BUFFER_LIMIT, settingOf(bufferLimit) ?? Infinity);
  }

  #reportLimit(name: string, maxBytes: number): void {
    this.#deps.reportLimit({ maxBytes, setting: `${name} of Redis`, encoding: 'raw', effect: 'refused' });
  }

  /** Tests the right to XADD without writing. */
  async #checkStream(stream: string): Promise<void> {
    const [type] = await this.#pipeline.call([encodeCommand(['TYPE', stream])]);
    if (typeof type === 'string' && type !== 'stream' && type !== 'none') {
      throw this.#refusal(`WRONGTYPE the key '${stream}' holds a ${type} and no stream`);
    }
    await tryCommands(this.#pipeline, [['XADD', stream, '*', 'connection', '']]);
  }

  #refusal(reason: string, cause?: unknown): WsgError {
    return new WsgError('sink.refused', `Redis at ${this.#address.shown} refuses the event stream: ${reason}.`, {
      hint: 'Look at stream_redis in the configuration; its user needs +multi +exec +discard +xadd and the stream.',
      cause,
    });
  }

  async #finish(): Promise<void> {
    const cancel = this.#deps.clock.schedule(() => this.#pipeline.close('the sink stops'), FINISH_MS);
    await this.#delivering;
    cancel();
    this.#pipeline.close('the sink stops');
  }
}

/** Undefined when the value is unknown or unlimited. */
function settingOf(reply: RespReply | undefined): number | undefined {
  const value = reply instanceof RespArray ? Number(reply.values[1]) : 0;
  return value > 0 ? value : undefined;
}

function bySequence(one: FailedEvent, other: FailedEvent): number {
  return one.event.sequence - other.event.sequence;
}

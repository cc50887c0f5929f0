import type { Clock } from '../../core/clock.js';
import { errorMessage, WsgError } from '../../core/error.js';
import type { RedisSinkConfig } from '../config/sink-config.js';
import { isRefusal, RedisError } from '../drivers/redis-error.js';
import { RedisPipeline } from '../drivers/redis-pipeline.js';
import { redisAddress, type RedisAddress } from '../drivers/redis-url.js';
import { encodeCommand } from '../drivers/resp-command.js';
import { RespArray, type RespReply } from '../drivers/resp-reader.js';
import type { GatewayEvent } from '../event/gateway-event.js';
import type { EventSink, RefusedEvent, SinkReceipt } from './event-sink.js';
import { RedisEntryEncoder } from './redis-entry-encoder.js';
import { isRefusedForGood } from './redis-refusals.js';

/** Within the 5 s that every sink has to stop. */
const FINISH_MS = 4_000;

/** What came of one transaction. */
interface Outcome {
  /** By position in the batch, what Redis will never take and why. */
  readonly refused: ReadonlyMap<number, RedisError>;
  /** Undefined when the transaction was executed: every event that is not refused is in its stream. */
  readonly aborted: RedisError | undefined;
}

/**
 * Redis Streams. A batch is one transaction, so Redis takes all of it or, for a passing reason, nothing: a later event
 * can never be in the stream while an earlier one is not (docs/reference/redis.md).
 */
export class RedisSink implements EventSink {
  readonly name = 'redis';
  readonly #address: RedisAddress;
  readonly #pipeline: RedisPipeline;
  readonly #encoder: RedisEntryEncoder;
  #delivering: Promise<unknown> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  constructor(
    private readonly config: RedisSinkConfig,
    private readonly clock: Clock,
  ) {
    this.#address = redisAddress(config.addr);
    this.#pipeline = new RedisPipeline(this.#address, clock);
    this.#encoder = new RedisEntryEncoder(config, (bytes) => this.#pipeline.write(bytes));
  }

  async start(): Promise<void> {
    try {
      await this.#pipeline.connect();
      if (!this.config.streamName.includes('{')) await this.#checkStream(this.config.streamName);
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

  async #deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    if (this.#stopping !== undefined) throw new Error('The Redis sink has stopped.');
    await this.#pipeline.connect();
    const first = await this.#transact(batch);
    if (first.aborted === undefined) return { settled: batch.length, refused: refusals(batch, first.refused) };
    // Without an event at fault the reason passes: all of it is offered again.
    if (first.refused.size === 0) throw first.aborted;
    const rest = batch.filter((_, index) => !first.refused.has(index));
    const second = rest.length === 0 ? NOTHING_LEFT : await this.#transact(rest);
    if (second.aborted !== undefined) throw second.aborted;
    const refused = [...refusals(batch, first.refused), ...refusals(rest, second.refused)];
    return { settled: batch.length, refused: refused.sort((one, other) => one.event.sequence - other.event.sequence) };
  }

  /** Writes chunk by chunk while encoding, so that Redis reads the first entries meanwhile. */
  async #transact(batch: readonly GatewayEvent[]): Promise<Outcome> {
    const reading = new TransactionReading(batch.length);
    const done = this.#pipeline.begin(batch.length + 2, (reply, index) => reading.read(reply, index));
    const { streamName } = this.config;
    this.#encoder.begin();
    for (const event of batch) this.#encoder.add(event, event.destinations?.redis ?? streamName);
    this.#encoder.end();
    try {
      await done;
    } catch (error) {
      this.#encoder.forget();
      if (reading.refused.size === 0) throw error;
      // Redis ends a connection whose command is too large, after saying so; nothing of the transaction was run.
      await this.#pipeline.connect();
      return { refused: reading.refused, aborted: reading.aborted ?? new RedisError('EXECABORT') };
    }
    return reading;
  }

  /** Finds out without writing whether XADD would be let through. */
  async #checkStream(stream: string): Promise<void> {
    const trial = ['XADD', stream, '*', 'connection', ''];
    const commands = [['TYPE', stream], ['MULTI'], trial, ['DISCARD']];
    const [type, multi, queued] = await this.#pipeline.call(commands.map(encodeCommand));
    if (typeof type === 'string' && type !== 'stream' && type !== 'none') {
      throw this.#refusal(`the key '${stream}' holds a ${type} and no stream`);
    }
    for (const reply of [multi, queued]) {
      if (!(reply instanceof RedisError)) continue;
      if (reply.code === 'MOVED') throw this.#refusal('it is part of a Redis Cluster, which is not supported', reply);
      if (isRefusal(reply) || reply.message.startsWith('ERR unknown command')) throw this.#refusal(reply.message, reply);
    }
  }

  #refusal(reason: string, cause?: unknown): WsgError {
    return new WsgError('sink.refused', `Redis at ${this.#address.shown} refuses the event stream: ${reason}.`, {
      hint: 'Look at stream_redis in the configuration; the user needs the rights +multi +exec +discard +xadd on the stream.',
      cause,
    });
  }

  async #finish(): Promise<void> {
    const cancel = this.clock.schedule(() => this.#pipeline.close('the sink stops'), FINISH_MS);
    await this.#delivering;
    cancel();
    this.#pipeline.close('the sink stops');
  }
}

const NOTHING_LEFT: Outcome = { refused: new Map(), aborted: undefined };

/** Reads the replies to MULTI, so many XADDs, and EXEC. */
class TransactionReading implements Outcome {
  readonly refused = new Map<number, RedisError>();
  aborted: RedisError | undefined;

  constructor(private readonly events: number) {}

  read(reply: RespReply, index: number): void {
    if (reply === 'QUEUED') return;
    if (reply instanceof RespArray) {
      this.#executed(reply);
    } else if (reply instanceof RedisError) {
      this.#failed(reply, index - 1);
    }
  }

  /** Within a transaction XADD fails for what is wrong with the event or its stream, or for everybody: when rights were taken away meanwhile. */
  #executed({ errors }: RespArray): void {
    const isNobodysFault = errors.length === this.events && errors.every(({ error }) => !isRefusedForGood(error));
    if (isNobodysFault) this.aborted = errors[0]?.error;
    else for (const { index, error } of errors) this.refused.set(index, error);
  }

  /** An XADD that cannot be queued aborts the whole transaction; why is said with it, and not with EXEC. */
  #failed(error: RedisError, position: number): void {
    if (position >= 0 && position < this.events && isRefusedForGood(error)) this.refused.set(position, error);
    else this.aborted ??= error;
  }
}

function refusals(batch: readonly GatewayEvent[], refused: ReadonlyMap<number, RedisError>): RefusedEvent[] {
  return [...refused].flatMap(([index, error]) => {
    const event = batch[index];
    return event === undefined ? [] : [{ event, reason: error.message }];
  });
}

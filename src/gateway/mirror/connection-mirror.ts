import type { Clock } from '../../core/clock.js';
import { errorMessage, WsgError } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { MirrorConfig } from '../config/sink-config.js';
import type { Connection } from '../connection/connection.js';
import type { ConnectionRegistry } from '../connection/registry.js';
import { isRefusal } from '../redis/redis-error.js';
import { RedisPipeline } from '../redis/redis-pipeline.js';
import { RedisTransaction } from '../redis/redis-transaction.js';
import { redisAddress, type RedisAddress } from '../redis/redis-url.js';
import { encodeCommand } from '../redis/resp-reader.js';
import { backoffMs } from '../../core/delay.js';
import type { EventGate } from '../outbox/outbox.js';
import { HeldOpens } from './held-opens.js';
import { MirrorCommands } from './mirror-commands.js';
import { MirrorWork, type MirrorBatch } from './mirror-work.js';
import { mirrorRefusal, tryMirror } from './mirror-trial.js';
import { NodeClaim, thisProcess, type ProcessIdentity } from './node-claim.js';

/** An open event waits so long for its connection to be mirrored. */
const HOLD_MS = 1_000;
/**
 * Between parts of a sweep, so that a rebuild of many connections leaves room for everything else.
 */
const SWEEP_PAUSE_MS = 2;
/** Keys are refreshed so many times within their TTL. */
const REFRESHES = 3;
const SHARED_HINT =
  'another gateway with this node.number is alive, or ended within mirror.ttl_s without saying so: its keys are left to run out';
/** A start does not wait longer for a Redis that does not answer: it is away. */
const START_MS = 5_000;
const FINISH_MS = 2_000;
const MULTI = encodeCommand(['MULTI']);
const EXEC = encodeCommand(['EXEC']);

export interface ConnectionMirrorOptions {
  readonly config: MirrorConfig;
  readonly registry: ConnectionRegistry;
  /** As in connection ids. */
  readonly node: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly identity?: ProcessIdentity;
}

/** The mirror in numbers, for metrics. */
export interface MirrorState {
  /** Whether Redis took what was last written. */
  readonly isUp: boolean;
  /**
   * Connections whose opening, tags or end are still to be written; those that wait for their close
   * event included.
   */
  readonly pending: number;
  /** Open events that went to the sinks before their connection was in the mirror. */
  readonly opensLate: number;
  /** How often everything was written anew. */
  readonly rebuilds: number;
  /** Commands that Redis refused, because a key of ours holds something else. */
  readonly refused: number;
}

/**
 * Keeps the state of all connections in Redis: written in batches behind the connections' backs,
 * refreshed before its TTL ends, rebuilt whenever the connection to Redis was lost. Holds an open
 * event back until its connection is there.
 */
export class ConnectionMirror {
  readonly #options: ConnectionMirrorOptions;
  readonly #address: RedisAddress;
  readonly #pipeline: RedisPipeline;
  readonly #commands: MirrorCommands;
  readonly #work: MirrorWork;
  readonly #opens: HeldOpens;
  readonly #claim: NodeClaim;
  #running: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #awaySince: number | undefined;
  #refreshAt = 0;
  #isAlone: boolean | undefined;
  #isDozing = false;
  #connects = 0;
  #refused = 0;

  constructor(options: ConnectionMirrorOptions) {
    const { config, registry, node, clock } = options;
    this.#options = options;
    this.#address = redisAddress(config.addr);
    this.#pipeline = new RedisPipeline(this.#address, clock, () => this.#signal());
    this.#commands = new MirrorCommands(node, config.ttlMs);
    this.#work = new MirrorWork(registry, this.#commands);
    this.#opens = new HeldOpens(clock);
    this.#claim = new NodeClaim(node, config.ttlMs, options.identity ?? thisProcess());
  }

  /** For the outbox. */
  get gate(): EventGate {
    return this.#opens;
  }

  state(): MirrorState {
    const isUp = this.#running !== undefined && this.#awaySince === undefined;
    const { pending } = this.#work;
    const rebuilds = Math.max(0, this.#connects - 1);
    return { isUp, pending, opensLate: this.#opens.late, rebuilds, refused: this.#refused };
  }

  /**
   * To be called in the tick in which the open event was appended; `sequence` is 0 when it was not
   * accepted.
   */
  opened(connection: Connection, sequence: number): void {
    if (sequence === 0) return;
    const isHeld = this.#opens.hold(sequence, (this.#awaySince ?? this.#options.clock.now()) + HOLD_MS);
    if (isHeld) this.#work.opened(connection, sequence);
    else this.#work.openedUnseen(connection);
    this.#signal();
  }

  retagged(connection: Connection, before: ReadonlyMap<string, string>): void {
    if (this.#awaySince !== undefined) return;
    this.#work.retagged(connection, before);
    this.#signal();
  }

  /** `sequence` is that of the close event, 0 when there is none. */
  closed(connection: Connection, sequence: number): void {
    this.#work.closed(connection, sequence);
    if (sequence === 0) this.#signal();
  }

  /**
   * All events up to and with this one are with the backends: what is told of closed connections
   * may go.
   */
  acknowledged(through: number): void {
    this.#work.acknowledged(through);
    if (!this.#work.isEmpty) this.#signal();
  }

  /**
   * Tries once; a Redis that is away is tried again behind the gateway's back. Rejects with
   * `sink.refused` when it says no. What a crashed start has left stays until all up to and with
   * `recoveredThrough`, its close events among it, is acknowledged.
   */
  async start(recoveredThrough = 0): Promise<void> {
    this.#work.keepStaleUntil(recoveredThrough);
    const { clock, node } = this.#options;
    const cancel = clock.schedule(() => this.#pipeline.close('no answer within 5 s'), START_MS);
    try {
      await tryMirror(this.#pipeline, this.#address, node);
      await this.#reconnect();
    } catch (error) {
      if (error instanceof WsgError) throw error;
      if (isRefusal(error)) throw mirrorRefusal(this.#address, error);
      this.#failed(error);
    } finally {
      cancel();
    }
    this.#running = this.#run();
  }

  /** Writes what is left within 2 s. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#finish();
    return this.#stopping;
  }

  async #run(): Promise<void> {
    let failures = this.#awaySince === undefined ? 0 : 1;
    while (this.#stopping === undefined || (this.#work.hasUrgent && this.#pipeline.isConnected)) {
      if (failures > 0) await this.#backOff(failures);
      try {
        await this.#turn();
        failures = 0;
      } catch (error) {
        this.#failed(error);
        failures += 1;
      }
    }
  }

  /** Writes one batch, or waits for one. */
  async #turn(): Promise<void> {
    if (!this.#pipeline.isConnected) await this.#reconnect();
    else if (this.#options.clock.now() >= this.#refreshAt) await this.#refresh(false);
    this.#succeeded();
    const batch = this.#work.take();
    if (batch === undefined) {
      await this.#pause(this.#refreshAt - this.#options.clock.now());
      return;
    }
    await this.#write(batch);
    this.#work.done(batch);
    this.#opens.liftThrough(batch.openedThrough);
    if (batch.isRoutine) await this.#pause(SWEEP_PAUSE_MS);
  }

  async #reconnect(): Promise<void> {
    await this.#pipeline.connect();
    this.#connects += 1;
    await this.#refresh(true);
  }

  /**
   * Begins to write every connection again, renews what stands for the node, and looks for keys
   * that nobody owns.
   */
  async #refresh(anew: boolean): Promise<void> {
    const { config, clock, node, log } = this.#options;
    this.#refreshAt = clock.now() + config.ttlMs / REFRESHES;
    const others = await this.#claim.claim(this.#pipeline);
    const isAlone = others.length === 0;
    if (isAlone && (anew || this.#isAlone === false)) this.#work.stale(await this.#claim.connections(this.#pipeline));
    if (!isAlone && this.#isAlone !== false) log.warn('mirror.node-shared', { node, others, hint: SHARED_HINT });
    this.#isAlone = isAlone;
    this.#work.sweep(anew);
  }

  async #write({ commands }: MirrorBatch): Promise<void> {
    this.#commands.refreshSet(commands);
    const transaction = new RedisTransaction(commands.size);
    const done = this.#pipeline.begin(transaction.replies, (reply, index) => transaction.read(reply, index));
    this.#pipeline.write(Buffer.concat([MULTI, Buffer.from(commands.text), EXEC]));
    await done;
    const [firstRefused] = transaction.refused.values();
    if (transaction.aborted !== undefined) throw firstRefused ?? transaction.aborted;
    for (const { message } of transaction.refused.values()) this.#countRefused(message);
  }

  #countRefused(reason: string): void {
    this.#refused += 1;
    if (this.#refused === 1) this.#options.log.error('mirror.refused', { redis: this.#address.shown, reason });
  }

  /** What of the last batch is in Redis is not known: the next connection begins with a rebuild. */
  #failed(error: unknown): void {
    this.#pipeline.close('a batch failed');
    if (this.#awaySince !== undefined) return;
    this.#awaySince = this.#options.clock.now();
    this.#options.log.warn('mirror.away', { redis: this.#address.shown, reason: errorMessage(error) });
  }

  #succeeded(): void {
    if (this.#awaySince === undefined) return;
    const { log, clock } = this.#options;
    log.info('mirror.back', { redis: this.#address.shown, awayMs: Math.round(clock.now() - this.#awaySince) });
    this.#awaySince = undefined;
  }

  /**
   * Until `delayMs` have passed, or there is something to do; then to the end of the tick, so that
   * one batch holds all of it.
   */
  async #pause(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.schedule(resolve, Math.max(0, delayMs));
      this.#wake = () => {
        cancel();
        setImmediate(resolve);
      };
    });
    this.#wake = undefined;
  }

  /** Longer the more often it failed; only the stop cuts it short. */
  async #backOff(failures: number): Promise<void> {
    this.#isDozing = true;
    await this.#pause(backoffMs(failures));
    this.#isDozing = false;
  }

  #signal(): void {
    if (this.#isDozing && this.#stopping === undefined) return;
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  async #finish(): Promise<void> {
    const cancel = this.#options.clock.schedule(() => this.#pipeline.close('the mirror stops'), FINISH_MS);
    this.#isDozing = false;
    this.#signal();
    await this.#running;
    if (this.#pipeline.isConnected) await this.#claim.release(this.#pipeline).catch(() => undefined);
    cancel();
    this.#opens.stop();
    this.#pipeline.close('the mirror stops');
  }
}

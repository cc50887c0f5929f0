import type { Clock } from '../../core/clock.js';
import { errorMessage, WsgError } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { MirrorConfig } from '../config/outbox-config.js';
import type { CloseReasonName } from '../close-reason.js';
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
import type { CloseMark, OpenEntries } from './open-entries.js';

/** Longest wait of an open event for its connection to be mirrored. */
const HOLD_MS = 1_000;
/** Pause between parts of a sweep: a rebuild of many connections must not delay other work. */
const SWEEP_PAUSE_MS = 2;
/** Number of refreshes of a key within its TTL. */
const REFRESHES = 3;
const SHARED_HINT =
  'another gateway with this node.number is running, or was killed within the last mirror.ttl_s: its keys are left to expire';
/** Longest wait of a start for Redis, which counts as unavailable then. */
const START_MS = 5_000;
const FINISH_MS = 2_000;
/** Time after which a supervisor has heard of each connection that a worker has written. */
const HEARD_MS = 1_000;
const MULTI = encodeCommand(['MULTI']);
const EXEC = encodeCommand(['EXEC']);

export interface ConnectionMirrorOptions {
  readonly config: MirrorConfig;
  readonly registry: ConnectionRegistry;
  /** The node as in connection ids. */
  readonly node: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** This process when missing. */
  readonly identity?: ProcessIdentity;
  /** Undefined on a node without a cluster. */
  readonly cluster?: MirrorOfCluster | undefined;
  /** Part of the mirror of a node with several workers; undefined: this process has all of it. */
  readonly part?: MirrorPart | undefined;
}

/**
 * `connections`: a worker writes its connections. `claim`: the supervisor claims the node and
 * removes what workers left that are gone; `isOpen` knows the connections of all workers.
 */
export type MirrorPart =
  { readonly kind: 'connections' } | { readonly kind: 'claim'; readonly isOpen: (id: string) => boolean };

/** Additions of a mirror in a cluster. */
export interface MirrorOfCluster {
  readonly entries: OpenEntries;
  /** Time to live of the keys of a connection: other nodes need them after this one is lost. */
  readonly keepMs: number;
  /** Commands of all kinds that are used besides, for a trial. */
  readonly commands: readonly (readonly string[])[];
  /** Called with each connection to Redis, before anything is written there. */
  connected(): Promise<void>;
  /** Those of these connections of this node that no other node has to close. */
  ownedHere(ids: readonly string[], pipeline: RedisPipeline): Promise<readonly string[]>;
}

/** State of the mirror, for metrics. */
export interface MirrorState {
  /** True while Redis accepts writes. */
  readonly isUp: boolean;
  /**
   * Number of connections whose opening, tags or end must still be written, including those that
   * wait for their close event.
   */
  readonly pending: number;
  /** Number of open events that went to the sinks before their connection was in the mirror. */
  readonly opensLate: number;
  /** Number of times that everything was written again. */
  readonly rebuilds: number;
  /** Number of commands that Redis refused, because a key has another type. */
  readonly refused: number;
}

/**
 * Keeps the state of all connections in Redis. It is written in batches in the background,
 * refreshed before its TTL ends, and rebuilt after the connection to Redis was lost. An open event
 * is held back until its connection is mirrored.
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
  #writing: Promise<void> = Promise.resolve();
  #held: Promise<void> | undefined;

  constructor(options: ConnectionMirrorOptions) {
    const { config, registry, node, clock, cluster } = options;
    this.#options = options;
    this.#address = redisAddress(config.addr);
    this.#pipeline = new RedisPipeline(this.#address, clock, () => this.#signal());
    this.#commands = new MirrorCommands(node, cluster?.keepMs ?? config.ttlMs, cluster?.entries);
    this.#work = new MirrorWork(registry, this.#commands, cluster?.entries);
    this.#opens = new HeldOpens(clock);
    this.#claim = new NodeClaim(node, config.ttlMs, options.identity ?? thisProcess());
  }

  /** Gate of the outbox: holds back open events. */
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
   * Must be called in the tick in which the open event was appended; `sequence` is 0 when it was
   * not accepted.
   */
  opened(connection: Connection, sequence: number): void {
    this.#options.cluster?.entries.opened(connection, sequence);
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

  /** `sequence` is that of the close event; 0 when there is none. */
  closed(connection: Connection, sequence: number, reason: CloseReasonName): void {
    const isWritten = this.#work.closed(connection, sequence);
    if (sequence === 0) this.#signal();
    else if (isWritten && this.#options.cluster !== undefined) this.#mark(connection, { sequence, reason });
  }

  /** Holds a close event back until other nodes know of it. */
  #mark(connection: Connection, mark: CloseMark): void {
    const now = this.#options.clock.now();
    const dueAt = (this.#awaySince ?? now) + HOLD_MS;
    if (dueAt <= now) return;
    this.#opens.hold(mark.sequence, dueAt);
    this.#work.mark(connection, mark);
    this.#signal();
  }

  /**
   * Notes that all events up to and with this sequence are delivered: the keys of their closed
   * connections may be removed.
   */
  delivered(through: number): void {
    this.#options.cluster?.entries.delivered(through);
    this.#work.delivered(through);
    if (!this.#work.isEmpty) this.#signal();
  }

  /**
   * Notes close events of an earlier start in the order of their sequences, which are consecutive
   * from `first` on.
   */
  closedBefore(ids: readonly string[], first: number): void {
    for (const [index, id] of ids.entries()) this.#work.closedBefore(id, first + index);
  }

  /** Connections that closed here, with close events that are not delivered. */
  closing(): string[] {
    return this.#work.closing();
  }

  /**
   * Stops writing until the function that it resolves to is called. Resolves once nothing is in
   * flight.
   */
  async hold(): Promise<() => void> {
    let release = (): void => undefined;
    this.#held = new Promise((resolve) => {
      release = () => {
        this.#held = undefined;
        resolve();
      };
    });
    await this.#writing.catch(() => undefined);
    return release;
  }

  /**
   * Never writes a connection again, because another node has closed it. With `removes`, removes
   * what is written.
   */
  forget(connection: Connection, removes: boolean): void {
    this.#work.forget(connection, removes);
  }

  /** Writes everything again. */
  rebuild(): void {
    this.#work.sweep(true);
    this.#signal();
  }

  /**
   * Tries to connect once; an unavailable Redis is tried again in the background. Rejects with
   * `sink.refused` when Redis refuses a command. Keys that a crashed process left stay until all up
   * to and with `recoveredThrough`, which includes their close events, is delivered.
   */
  async start(recoveredThrough = 0): Promise<void> {
    this.#work.keepStaleUntil(recoveredThrough);
    const { clock, node } = this.#options;
    const cancel = clock.schedule(() => this.#pipeline.close('no answer within 5 s'), START_MS);
    try {
      await tryMirror(this.#pipeline, this.#address, node, this.#options.cluster?.commands);
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
    await this.#held;
    const batch = this.#work.take();
    if (batch === undefined) {
      await this.#pause(this.#refreshAt - this.#options.clock.now());
      return;
    }
    this.#writing = this.#write(batch);
    await this.#writing;
    this.#work.done(batch);
    this.#opens.liftThrough(batch.openedThrough);
    if (batch.isRoutine) await this.#pause(SWEEP_PAUSE_MS);
  }

  async #reconnect(): Promise<void> {
    await this.#pipeline.connect();
    await this.#options.cluster?.connected();
    this.#connects += 1;
    await this.#refresh(true);
  }

  /** Begins to write every connection again, and renews the claim on the node. */
  async #refresh(isRebuild: boolean): Promise<void> {
    const { config, clock, part } = this.#options;
    this.#refreshAt = clock.now() + config.ttlMs / REFRESHES;
    if (part?.kind !== 'connections') await this.#renewClaim(isRebuild);
    this.#work.sweep(isRebuild);
  }

  /** Renews the claim on the node, and looks for keys without an owner. */
  async #renewClaim(isRebuild: boolean): Promise<void> {
    const { node, log } = this.#options;
    const others = await this.#claim.claim(this.#pipeline);
    const isAlone = others.length === 0;
    if (isAlone && (isRebuild || this.#isAlone === false)) this.#work.stale(await this.#left());
    if (!isAlone && this.#isAlone !== false) log.warn('mirror.node-shared', { node, others, hint: SHARED_HINT });
    this.#isAlone = isAlone;
  }

  /** Connections of this node in Redis that are this node's business. */
  async #left(): Promise<readonly string[]> {
    const ids = await this.#claim.connections(this.#pipeline);
    const { cluster, part } = this.#options;
    if (part?.kind === 'claim') return this.#leftByWorkers(ids, part.isOpen);
    return cluster === undefined ? ids : cluster.ownedHere(ids, this.#pipeline);
  }

  /** A worker may write a connection before this process has heard of it. */
  async #leftByWorkers(ids: readonly string[], isOpen: (id: string) => boolean): Promise<readonly string[]> {
    const unknown = ids.filter((id) => !isOpen(id));
    if (unknown.length === 0 || this.#running === undefined) return unknown;
    await new Promise<void>((resolve) => void this.#options.clock.schedule(resolve, HEARD_MS));
    return unknown.filter((id) => !isOpen(id));
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

  /**
   * Handles a failure: how much of the batch is in Redis is unknown, so the next connection
   * rebuilds.
   */
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
   * Waits for `delayMs` or for work. Work is awaited to the end of its tick, so that one batch has
   * all of it.
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

  /** Waits longer after each failure; only `stop` ends the wait early. */
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
    const isClaimed = this.#pipeline.isConnected && this.#options.part?.kind !== 'connections';
    if (isClaimed) await this.#claim.release(this.#pipeline).catch(() => undefined);
    cancel();
    this.#opens.stop();
    this.#pipeline.close('the mirror stops');
  }
}

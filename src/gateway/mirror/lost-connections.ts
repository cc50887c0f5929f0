import type { Clock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { RedisPipeline } from '../redis/redis-pipeline.js';
import type { RedisAddress } from '../redis/redis-url.js';
import type { NewEvent } from '../outbox/outbox.js';
import { DELIVERED_FIELD, nodeOfMember, REMEMBERED_MS, type ClusterKeys, type Member } from './cluster-keys.js';
import { freezeEntries, frozenConnections } from './frozen-entries.js';
import type { LostEvents } from './lost-events.js';
import { parseEntry } from './open-entries.js';
import { callAll, callAtomically, texts } from './redis-calls.js';
import { RedisSession } from './redis-session.js';

/** The outbox of a node that closes connections of another one. */
export interface AdoptingOutbox {
  /** Returns the sequence, or 0 when there is no room now. */
  adopt(event: NewEvent): number;
  readonly deliveredThrough: number;
  /** Sequence of the last event of earlier starts. */
  readonly recoveredThrough: number;
  onRoom(listener: () => void): void;
  onDelivered(listener: (through: number) => void): void;
}

export interface LostConnectionsDeps {
  readonly address: RedisAddress;
  readonly keys: ClusterKeys;
  readonly outbox: AdoptingOutbox;
  readonly events: LostEvents;
  /** Whether events that are not delivered at the end come back with the next start. */
  readonly isLogged: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Connections that are read, closed and settled together: what is in memory at one time. */
const BATCH = 500;
/** Keys whose time to live is extended in one exchange. */
const EXTENDED_AT_ONCE = 2_000;
const RETRY_MS = 1_000;

/** One connection to close. */
interface Lost {
  readonly id: string;
  readonly value: string;
  readonly tags: ReadonlyMap<string, string>;
}

/** Events of one batch that were appended and are not known to be delivered. */
interface Appended {
  readonly member: Member;
  readonly ids: string[];
  last: number;
}

/**
 * Appends the close events of members that this node has claimed, a batch at a time. An entry is
 * removed once its close event is delivered, so another node can go on after this one.
 */
export class LostConnections {
  /** Number of close events that were appended. */
  closed = 0;
  readonly #deps: LostConnectionsDeps;
  readonly #session: RedisSession;
  readonly #claimed: Member[] = [];
  /** Connections whose close event is in what earlier starts left in the log. */
  readonly #logged = new Set<string>();
  #appended: Appended | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;
  #wake: (() => void) | undefined;

  constructor(deps: LostConnectionsDeps) {
    this.#deps = deps;
    this.#session = new RedisSession(deps.address, deps.clock);
    deps.outbox.onRoom(() => this.#wake?.());
    deps.outbox.onDelivered(() => this.#wake?.());
  }

  /** Members whose connections are not all closed. */
  get claimed(): readonly Member[] {
    return this.#claimed;
  }

  /** Takes connections that need no further close event: the log delivers it. */
  loggedBefore(ids: Iterable<string>): void {
    for (const id of ids) this.#logged.add(id);
  }

  /** Closes the connections of a member, after those of others. Idempotent. */
  take(member: Member): void {
    if (this.#isStopped || this.#claimed.includes(member)) return;
    this.#claimed.push(member);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /**
   * Gives up all claims, because another node has inherited them. Returns the connections whose
   * close events may still be delivered.
   */
  abandon(): readonly string[] {
    const ids = this.#appended?.ids ?? [];
    this.#appended = undefined;
    this.#claimed.length = 0;
    this.#wake?.();
    return ids;
  }

  /** Appends nothing more. Idempotent. */
  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }

  /**
   * Ends after the outbox: settles what it has delivered, and lets other nodes claim the rest. Then
   * `claimed` has only members with events that may still be delivered from this node's log.
   */
  async finish(): Promise<void> {
    this.stop();
    this.#session.close();
    await this.#running;
    const left = this.#appended;
    await this.#session.run(async (pipeline) => {
      if (left !== undefined && left.last <= this.#deps.outbox.deliveredThrough) await this.#settle(pipeline, left);
      const kept = this.#deps.isLogged ? this.#appended?.member : undefined;
      const freed = this.#claimed.filter((member) => member !== kept);
      await callAll(
        pipeline,
        freed.map((member) => ['DEL', this.#deps.keys.dead(member)]),
      );
      this.#claimed.splice(0, Infinity, ...(kept === undefined ? [] : [kept]));
    });
  }

  close(): void {
    this.#session.close();
  }

  async #run(): Promise<void> {
    for (let member = this.#claimed[0]; member !== undefined && !this.#isStopped; member = this.#claimed[0]) {
      try {
        await this.#closeAll(member);
      } catch (error) {
        if (this.#isStopped) return;
        this.#deps.log.warn('cluster.closing-delayed', { member, reason: errorMessage(error) });
        await this.#pause(RETRY_MS);
      }
    }
  }

  async #closeAll(member: Member): Promise<void> {
    const { keys, log } = this.#deps;
    const before = this.closed;
    await this.#session.run((pipeline) => this.#prepare(pipeline, member));
    while (this.#isMine(member)) {
      const ids = await this.#session.run((pipeline) => this.#closeBatch(pipeline, member));
      if (ids === 0) break;
    }
    if (!this.#isMine(member)) return;
    await this.#session.run((pipeline) => callAll(pipeline, [['SREM', keys.members, member]]));
    if (this.#claimed[0] === member) this.#claimed.shift();
    log.info('cluster.node-closed', { member, closes: this.closed - before });
  }

  #isMine(member: Member): boolean {
    return !this.#isStopped && this.#claimed[0] === member;
  }

  /** Keeps the keys until all is closed, which may last as long as a sink is away. */
  async #prepare(pipeline: RedisPipeline, member: Member): Promise<void> {
    const { keys } = this.#deps;
    const ttl = String(REMEMBERED_MS);
    await freezeEntries(pipeline, keys, member);
    await callAll(pipeline, [['PEXPIRE', keys.lost(member), ttl]]);
    const ids = await frozenConnections(pipeline, keys, member);
    for (let at = 0; at < ids.length; at += EXTENDED_AT_ONCE) {
      const some = ids.slice(at, at + EXTENDED_AT_ONCE);
      await callAll(
        pipeline,
        some.flatMap((id) => [
          ['PEXPIRE', `connection:${id}`, ttl],
          ['PEXPIRE', `connection:${id}:tags`, ttl],
        ]),
      );
    }
  }

  /** Closes some connections. Resolves to their number. */
  async #closeBatch(pipeline: RedisPipeline, member: Member): Promise<number> {
    const appended = this.#appended ?? (await this.#appendBatch(pipeline, member));
    if (appended === undefined) return 0;
    await this.#until(() => this.#deps.outbox.deliveredThrough >= appended.last);
    if (!this.#isMine(member)) return appended.ids.length;
    await this.#settle(pipeline, appended);
    return appended.ids.length;
  }

  async #appendBatch(pipeline: RedisPipeline, member: Member): Promise<Appended | undefined> {
    const lost = this.#deps.keys.lost(member);
    const [delivered, found] = await callAll(pipeline, [
      ['HGET', lost, DELIVERED_FIELD],
      ['HRANDFIELD', lost, String(BATCH), 'WITHVALUES'],
    ]);
    const batch = await this.#withTags(pipeline, texts(found));
    if (batch.length === 0) return undefined;
    const appended: Appended = { member, ids: [], last: 0 };
    this.#appended = appended;
    for (const each of batch) {
      if (!(await this.#append(appended, each, Number(delivered)))) return undefined;
    }
    return appended;
  }

  async #withTags(pipeline: RedisPipeline, flat: readonly string[]): Promise<Lost[]> {
    const entries = pairs(flat).filter(([id]) => id !== DELIVERED_FIELD);
    const replies = await callAll(
      pipeline,
      entries.map(([id]) => ['HGETALL', `connection:${id}:tags`]),
    );
    return entries.map(([id, value], index) => ({ id, value, tags: new Map(pairs(texts(replies[index]))) }));
  }

  /**
   * Appends the close event, and before it the open event unless that is known to be delivered: a
   * backend that gets it twice has still only one connection. False when this must not go on.
   */
  async #append(appended: Appended, { id, value, tags }: Lost, delivered: number): Promise<boolean> {
    const { events, outbox } = this.#deps;
    const { opened, path } = parseEntry(value);
    if (this.#logged.has(id)) {
      appended.last = Math.max(appended.last, outbox.recoveredThrough);
    } else {
      if (opened > delivered && !(await this.#appendOne(appended, events.open(id, path, tags)))) return false;
      if (!(await this.#appendOne(appended, events.close(id, path, tags)))) return false;
      this.closed += 1;
    }
    appended.ids.push(id);
    return true;
  }

  /** Appends an event once there is room. */
  async #appendOne(appended: Appended, event: NewEvent): Promise<boolean> {
    let sequence = 0;
    await this.#until(() => {
      if (this.#appended === appended) sequence = this.#deps.outbox.adopt(event);
      return sequence > 0 || this.#appended !== appended;
    });
    if (sequence > 0) appended.last = sequence;
    return sequence > 0;
  }

  async #settle(pipeline: RedisPipeline, { member, ids }: Appended): Promise<void> {
    const { keys } = this.#deps;
    const node = nodeOfMember(member);
    const removed = ids.flatMap((id) => [`connection:${id}`, `connection:${id}:tags`]);
    await callAtomically(pipeline, [
      ['HDEL', keys.lost(member), ...ids],
      ['SADD', keys.closed(node), ...ids],
      ['PEXPIRE', keys.closed(node), String(REMEMBERED_MS)],
      ['DEL', ...removed],
      ['SREM', `wsg:node:${node}`, ...ids],
    ]);
    for (const id of ids) this.#logged.delete(id);
    this.#appended = undefined;
  }

  /** Resolves once the condition holds or this is stopped. It is tested after progress of the outbox. */
  async #until(condition: () => boolean): Promise<void> {
    while (!this.#isStopped && !condition()) await this.#pause(RETRY_MS);
  }

  async #pause(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#deps.clock.schedule(resolve, delayMs);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) found.push([flat[at] ?? '', flat[at + 1] ?? '']);
  return found;
}

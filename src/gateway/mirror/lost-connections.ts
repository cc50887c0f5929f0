import type { Clock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { RedisPipeline } from '../redis/redis-pipeline.js';
import type { RedisAddress } from '../redis/redis-url.js';
import type { NewEvent } from '../outbox/outbox.js';
import { DELIVERED_FIELD, nodeOfMember, REMEMBERED_MS, type ClusterKeys, type Member } from './cluster-keys.js';
import { freezeEntries, frozenConnections } from './frozen-entries.js';
import type { LostEvents } from './lost-events.js';
import { lostEventId, parseEntry, parseProgress, type OpenEntry, type Progress } from './open-entries.js';
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
  readonly entry: OpenEntry;
  readonly tags: ReadonlyMap<string, string>;
}

/** An event that a lost node had accepted, and its sequence there. */
interface Uncertain {
  readonly sequence: number;
  readonly event: NewEvent;
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
  /** Connections with events that may not be delivered, in the order of these events. */
  #uncertain: string[] = [];
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
    const [shared] = await callAll(pipeline, [['HGET', keys.lost(member), DELIVERED_FIELD]]);
    const { delivered } = parseProgress(shared);
    const found: [number, string][] = [];
    for (let at = 0; at < ids.length; at += EXTENDED_AT_ONCE) {
      const some = ids.slice(at, at + EXTENDED_AT_ONCE);
      const keyed = some.flatMap((id) => [`connection:${id}`, `connection:${id}:tags`]);
      const extended = keyed.map((key) => ['PEXPIRE', key, ttl]);
      const [values] = await callAll(pipeline, [['HMGET', keys.lost(member), ...some], ...extended]);
      for (const [index, value] of texts(values).entries()) {
        const first = firstUncertain(parseEntry(value), delivered);
        if (first > 0) found.push([first, some[index] ?? '']);
      }
    }
    this.#uncertain = found.sort(([one], [other]) => one - other).map(([, id]) => id);
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
    const [shared] = await callAll(pipeline, [['HGET', lost, DELIVERED_FIELD]]);
    const batch = await this.#withTags(pipeline, await this.#nextEntries(pipeline, lost));
    if (batch.length === 0) return undefined;
    const appended: Appended = { member, ids: [], last: 0 };
    this.#appended = appended;
    const isDone = await this.#append(appended, batch, parseProgress(shared));
    return isDone ? appended : undefined;
  }

  /** Entries to close next, those with uncertain events first. */
  async #nextEntries(pipeline: RedisPipeline, lost: string): Promise<[string, string][]> {
    const ids = this.#uncertain.splice(0, BATCH);
    if (ids.length > 0) {
      const [values] = await callAll(pipeline, [['HMGET', lost, ...ids]]);
      const entries = texts(values).map((value, index): [string, string] => [ids[index] ?? '', value]);
      const found = entries.filter(([, value]) => value !== '');
      if (found.length > 0) return found;
    }
    const [flat] = await callAll(pipeline, [['HRANDFIELD', lost, String(BATCH), 'WITHVALUES']]);
    return pairs(texts(flat)).filter(([id]) => id !== DELIVERED_FIELD);
  }

  async #withTags(pipeline: RedisPipeline, entries: readonly [string, string][]): Promise<Lost[]> {
    const replies = await callAll(
      pipeline,
      entries.map(([id]) => ['HGETALL', `connection:${id}:tags`]),
    );
    return entries.map(([id, value], index) => ({
      id,
      entry: parseEntry(value),
      tags: new Map(pairs(texts(replies[index]))),
    }));
  }

  /** Appends the events of a batch. False when this must not go on. */
  async #append(appended: Appended, batch: readonly Lost[], progress: Progress): Promise<boolean> {
    const isLogged = ({ id }: Lost): boolean => this.#logged.has(id);
    const isClosed = (lost: Lost): boolean =>
      isLogged(lost) || (lost.entry.closed > 0 && lost.entry.closed <= progress.delivered);
    for (const event of this.#eventsOf(
      batch.filter((lost) => !isClosed(lost)),
      progress,
    )) {
      if (!(await this.#appendOne(appended, event))) return false;
    }
    for (const lost of batch) if (isClosed(lost)) appended.ids.push(lost.id);
    if (batch.some(isLogged)) appended.last = Math.max(appended.last, this.#deps.outbox.recoveredThrough);
    return true;
  }

  /**
   * First the events that the lost node had accepted and that may not be delivered, with their own
   * ids and in their order, then the other close events.
   */
  #eventsOf(batch: readonly Lost[], progress: Progress): NewEvent[] {
    const uncertain = batch.flatMap((lost) => this.#uncertainEvents(lost, progress));
    uncertain.sort((one, other) => one.sequence - other.sequence);
    const open = batch.filter(({ entry }) => entry.closed === 0);
    const closes = open.map(({ id, entry, tags }) => this.#deps.events.close(id, entry.path, tags, 'node_lost'));
    return [...uncertain.map(({ event }) => event), ...closes];
  }

  #uncertainEvents({ id, entry, tags }: Lost, progress: Progress): Uncertain[] {
    const { events } = this.#deps;
    const { opened, closed, reason = 'connection_lost', path } = entry;
    const found: Uncertain[] = [];
    const add = (sequence: number, event: NewEvent): void => {
      found.push({ sequence, event: { ...event, originalId: lostEventId(progress, sequence) } });
    };
    if (opened > progress.delivered) add(opened, events.open(id, path, tags));
    if (closed > progress.delivered) add(closed, events.close(id, path, tags, reason));
    return found;
  }

  /** Appends an event once there is room. */
  async #appendOne(appended: Appended, event: NewEvent): Promise<boolean> {
    let sequence = 0;
    await this.#until(() => {
      if (this.#appended === appended) sequence = this.#deps.outbox.adopt(event);
      return sequence > 0 || this.#appended !== appended;
    });
    if (sequence === 0) return false;
    appended.last = sequence;
    if (event.action === 'close') {
      appended.ids.push(event.connection);
      this.closed += 1;
    }
    return true;
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

/** Sequence of the first event of a connection that may not be delivered; 0 when there is none. */
function firstUncertain({ opened, closed }: OpenEntry, delivered: number): number {
  if (opened > delivered) return opened;
  return closed > delivered ? closed : 0;
}

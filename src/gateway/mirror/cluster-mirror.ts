import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type { ClusterConfig } from '../config/cluster-config.js';
import type { MirrorConfig } from '../config/outbox-config.js';
import type { Connection } from '../connection/connection.js';
import type { ConnectionRegistry } from '../connection/registry.js';
import type { EventBoot } from '../event/gateway-event.js';
import type { EventOutbox } from '../outbox/event-outbox.js';
import { LateEvents } from '../outbox/late-events.js';
import type { RedisPipeline } from '../redis/redis-pipeline.js';
import { redisAddress, type RedisAddress } from '../redis/redis-url.js';
import { ClusterKeys, memberOf, nodeOfMember, type Member } from './cluster-keys.js';
import type { ConnectionMirror, MirrorOfCluster } from './connection-mirror.js';
import { DeclaredDead } from './declared-dead.js';
import { frozenConnections } from './frozen-entries.js';
import { LostConnections } from './lost-connections.js';
import type { LostEvents } from './lost-events.js';
import { graceOf, MemberWatch, type ClusterPresence } from './member-watch.js';
import { OpenEntries } from './open-entries.js';
import { OwnClaims } from './own-claims.js';
import { callAll, texts } from './redis-calls.js';

export interface ClusterMirrorOptions {
  readonly mirror: MirrorConfig;
  readonly cluster: Pick<ClusterConfig, 'name' | 'declareDeadMs' | 'lateEvents'>;
  readonly boot: EventBoot;
  /** Whether the outbox has a log. */
  readonly hasLog: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Parts of this node that the connections of lost nodes need. */
export interface ClusterMirrorDeps {
  readonly mirror: ConnectionMirror;
  readonly outbox: EventOutbox;
  readonly registry: ConnectionRegistry;
  readonly events: LostEvents;
  readonly presence: ClusterPresence;
  /** Closes a connection for which no event may be emitted any more. */
  readonly disown: (connection: Connection) => void;
}

/** Figures of lost nodes since the start, for metrics. */
export interface LostNodesState {
  /** Members that this node is closing. */
  readonly claims: number;
  /** Close events that were appended for connections of other nodes. */
  readonly closes: number;
  /** Connections that were closed because this node was declared dead. */
  readonly declaredDead: number;
  /** Events that were refused as late. */
  readonly lateEvents: number;
}

const FINISH_MS = 2_000;

/** Everything that needs the deps. */
interface Joined extends ClusterMirrorDeps {
  readonly watch: MemberWatch;
  readonly lost: LostConnections;
  readonly declared: DeclaredDead;
}

/**
 * Close events for the connections of nodes that are gone: one node emits them, and the node that
 * is gone emits no second ones when it comes back. All of it happens in the mirror's Redis.
 */
export class ClusterMirror {
  readonly late: LateEvents;
  readonly #options: ClusterMirrorOptions;
  readonly #address: RedisAddress;
  readonly #keys: ClusterKeys;
  readonly #entries: OpenEntries;
  readonly #claims: OwnClaims;
  readonly #graceMs: number;
  readonly #keepMs: number;
  #joined: Joined | undefined;
  /** Sequence after which no late event waits; undefined while there may be more. */
  #lateThrough: number | undefined;
  /** True once nothing is left of earlier starts. */
  #hasInherited = false;

  constructor(options: ClusterMirrorOptions) {
    const { mirror, cluster, boot, hasLog, clock, log } = options;
    this.#options = options;
    this.#address = redisAddress(mirror.addr);
    this.#keys = new ClusterKeys(cluster.name);
    this.#graceMs = graceOf({ hasLog, declareDeadMs: cluster.declareDeadMs });
    this.#keepMs = this.#graceMs + mirror.ttlMs;
    const own = memberOf(boot);
    this.#entries = new OpenEntries({
      key: this.#keys.open(own),
      ttlMs: this.#keepMs,
      boot,
      recovered: () => this.#joined?.outbox.recovered ?? 0,
    });
    this.late = new LateEvents({ clock, log });
    this.#claims = new OwnClaims({
      address: this.#address,
      keys: this.#keys,
      own,
      graceMs: this.#graceMs,
      late: cluster.lateEvents === 'dead-letter' ? this.late : undefined,
      closedBefore: (ids, first) => this.#joined?.mirror.closedBefore(ids, first),
      clock,
      log,
    });
  }

  /** For the outbox: what another node has closed before this start. */
  get review(): OwnClaims['review'] {
    return this.#claims.review;
  }

  /** For the mirror. */
  get ofMirror(): MirrorOfCluster {
    return {
      entries: this.#entries,
      keepMs: this.#keepMs,
      commands: trialCommands(this.#options.cluster.name, memberOf(this.#options.boot)),
      connected: async () => {
        await this.#joined?.watch.check().catch(() => undefined);
      },
      ownedHere: (ids, pipeline) => this.#ownedHere(ids, pipeline),
    };
  }

  /** Must be called before the outbox starts. */
  join(deps: ClusterMirrorDeps): void {
    const { clock, log, boot, hasLog } = this.#options;
    const shared = { address: this.#address, keys: this.#keys, clock, log };
    const { outbox, events, presence } = deps;
    const lost = new LostConnections({ ...shared, outbox, events, isLogged: hasLog });
    const declared = new DeclaredDead({
      ...shared,
      ...deps,
      lost,
      entries: this.#entries,
      late: this.late,
      graceMs: this.#graceMs,
    });
    const watch = new MemberWatch({
      ...shared,
      own: memberOf(boot),
      graceMs: this.#graceMs,
      presence,
      onClaimed: (member) => lost.take(member),
      onDeclaredDead: (pipeline, own, by) => declared.handle(pipeline, own, by),
      onAlive: (pipeline) => this.#tidy(pipeline),
    });
    this.late.doubtWhile(() => watch.isDoubtful);
    this.#joined = { ...deps, watch, lost, declared };
  }

  /** Begins to give signs of life. Call it once the outbox has recovered its log. */
  start(): void {
    const { inherited, kept } = this.#claims;
    this.#entries.inherit(inherited.flatMap((member) => [this.#keys.open(member), this.#keys.lost(member)]));
    this.#joined?.lost.loggedBefore(kept);
    this.#joined?.watch.inherit(inherited);
    this.#joined?.watch.start();
  }

  /** Ends the wait of a start for Redis. */
  hurryStart(): void {
    this.#claims.hurry();
  }

  /** Appends no more events of other nodes: the outbox is about to stop. */
  stopClosing(): void {
    this.#joined?.lost.stop();
  }

  /** Leaves the cluster, if no other node has to close anything. Call it after the mirror's stop. */
  async stop(): Promise<void> {
    const joined = this.#joined;
    if (joined === undefined) return;
    const cancel = this.#options.clock.schedule(() => joined.lost.close(), FINISH_MS);
    await joined.watch.stop(async (pipeline) => {
      await joined.lost.finish();
      const [left] = await callAll(pipeline, [['HLEN', this.#keys.open(joined.watch.own)]]);
      // One field is not a connection.
      return Number(left) <= 1 && joined.lost.claimed.length === 0 && !this.#isInheriting;
    });
    cancel();
    joined.lost.close();
  }

  state(): LostNodesState {
    const { lost, declared } = this.#joined ?? {};
    return {
      claims: lost?.claimed.length ?? 0,
      closes: lost?.closed ?? 0,
      declaredDead: declared?.connections ?? 0,
      lateEvents: this.late.count,
    };
  }

  get #isInheriting(): boolean {
    return this.#claims.inherited.length > 0 && !this.#hasInherited;
  }

  async #tidy(pipeline: RedisPipeline): Promise<void> {
    const outbox = this.#joined?.outbox;
    if (outbox === undefined) return;
    this.#forgetLate(outbox);
    if (!this.#isInheriting || outbox.deliveredThrough < outbox.recoveredThrough) return;
    const { inherited } = this.#claims;
    await callAll(
      pipeline,
      inherited.flatMap((member) => [
        ['DEL', this.#keys.open(member), this.#keys.lost(member)],
        ['SREM', this.#keys.members, member],
      ]),
    );
    this.#entries.inherit([]);
    this.#hasInherited = true;
  }

  /** Lets go of late connections once no event of theirs can come any more. */
  #forgetLate({ appendedThrough, settledThrough }: EventOutbox): void {
    const { registry } = this.#joined ?? {};
    if (this.late.size === 0 || registry === undefined) return;
    if (this.late.some((id) => registry.get(id) !== undefined)) this.#lateThrough = undefined;
    else this.#lateThrough ??= appendedThrough;
    if (this.#lateThrough === undefined || settledThrough < this.#lateThrough) return;
    this.late.clear();
    this.#lateThrough = undefined;
  }

  /**
   * Connections of this node that Redis has, without those of earlier starts that some node still
   * has to close.
   */
  async #ownedHere(ids: readonly string[], pipeline: RedisPipeline): Promise<readonly string[]> {
    const own = this.#joined?.watch.own ?? '';
    const [members] = await callAll(pipeline, [['SMEMBERS', this.#keys.members]]);
    const awaited = new Set<string>();
    for (const member of texts(members)) {
      const isEarlier = nodeOfMember(member) === nodeOfMember(own) && member !== own;
      if (!isEarlier || this.#claims.inherited.includes(member)) continue;
      for (const id of await this.#awaited(member, pipeline)) awaited.add(id);
    }
    return awaited.size === 0 ? ids : ids.filter((id) => !awaited.has(id));
  }

  async #awaited(member: Member, pipeline: RedisPipeline): Promise<string[]> {
    const lost = await frozenConnections(pipeline, this.#keys, member);
    const [open] = await callAll(pipeline, [['HKEYS', this.#keys.open(member)]]);
    return [...lost, ...texts(open)];
  }
}

/** One command of each kind that the mirror alone does not need. */
export function trialCommands(cluster: string, own: Member): string[][] {
  const keys = new ClusterKeys(cluster);
  const [open, lost, closed] = [keys.open(own), keys.lost(own), keys.closed(nodeOfMember(own))];
  return [
    ['SADD', keys.members, own],
    ['SMEMBERS', closed],
    ['SISMEMBER', closed, ''],
    ['SET', keys.alive(own), '1', 'PX', '1'],
    ['MGET', keys.alive(own), keys.dead(own)],
    ['RENAMENX', open, lost],
    ['HSETNX', lost, '', '0'],
    ['HGET', lost, ''],
    ['HMGET', lost, ''],
    ['HGETALL', 'connection:none:tags'],
    ['HEXISTS', lost, ''],
    ['HKEYS', lost],
    ['HLEN', lost],
    ['HRANDFIELD', lost, '1', 'WITHVALUES'],
  ];
}

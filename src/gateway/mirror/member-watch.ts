import type { Clock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { RedisPipeline } from '../redis/redis-pipeline.js';
import type { RedisAddress } from '../redis/redis-url.js';
import { epochOfMember, memberOf, nodeOfMember, REMEMBERED_MS, type ClusterKeys, type Member } from './cluster-keys.js';
import { RespArray } from '../redis/resp-reader.js';
import { callAll, texts } from './redis-calls.js';
import { RedisSession } from './redis-session.js';

/** Knowledge of the bus about other nodes. */
export interface ClusterPresence {
  /** Whether messages of this node come back to it. */
  readonly hearsItself: boolean;
  /** Whether a start of a node, at this epoch or earlier, was heard within the last seconds. */
  hears(node: string, epoch: number): boolean;
}

export interface MemberWatchDeps {
  readonly address: RedisAddress;
  readonly keys: ClusterKeys;
  readonly own: Member;
  /** Time without a sign of life after which another node may declare this one dead. */
  readonly graceMs: number;
  readonly presence: ClusterPresence;
  /** Closes the connections of a member that this node has claimed. Idempotent. */
  readonly onClaimed: (member: Member) => void;
  /** Handles that another node, `by`, has claimed this one. Resolves to the identity from then on. */
  readonly onDeclaredDead: (pipeline: RedisPipeline, own: Member, by: Member) => Promise<Member>;
  /** Called after each sign of life. */
  readonly onAlive: (pipeline: RedisPipeline) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Shortest time without a sign of life, as for beats on the bus. */
const SHORTEST_GRACE_MS = 7_000;
/** The same for a node without a log: what it had accepted is lost, so nothing can come back. */
const GRACE_WITHOUT_LOG_MS = 15_000;
const TURN_MS = 1_000;
/** Part of the grace time before whose end this node counts itself as possibly declared dead. */
const DOUBT_MARGIN_MS = 2_000;
/**
 * Time for which Redis must have answered before this node declares another one dead: after an
 * outage of Redis, all nodes have to give a sign of life first.
 */
const SETTLED_MS = 7_000;
const FINISH_MS = 2_000;

/** Time after which a node that is gone is declared dead. */
export function graceOf({
  hasLog,
  declareDeadMs,
}: {
  readonly hasLog: boolean;
  readonly declareDeadMs: number;
}): number {
  return hasLog ? Math.max(SHORTEST_GRACE_MS, declareDeadMs) : GRACE_WITHOUT_LOG_MS;
}

/**
 * Gives signs of life in the mirror's Redis, and claims members that give none there and are not
 * heard on the bus either. One node wins a claim.
 */
export class MemberWatch {
  readonly #deps: MemberWatchDeps;
  readonly #session: RedisSession;
  #own: Member;
  /** Earlier starts of this node: the log has the close events of their connections. */
  readonly #inherited = new Set<Member>();
  /** Earlier identities of this start, which other nodes have claimed. */
  readonly #former = new Set<Member>();
  #running: Promise<void> | undefined;
  #isStopped = false;
  #wake: (() => void) | undefined;
  #aliveAt: number;
  #upSince: number | undefined;
  #isAwayLogged = false;

  constructor(deps: MemberWatchDeps) {
    this.#deps = deps;
    this.#own = deps.own;
    this.#aliveAt = deps.clock.now();
    this.#session = new RedisSession(deps.address, deps.clock, () => {
      this.#upSince = undefined;
    });
  }

  get own(): Member {
    return this.#own;
  }

  /** True when another node may have declared this one dead. */
  get isDoubtful(): boolean {
    const { clock, graceMs, presence } = this.#deps;
    return clock.now() - this.#aliveAt > graceMs - DOUBT_MARGIN_MS && !presence.hearsItself;
  }

  /** Takes earlier starts of this node: the log has the close events of their connections. */
  inherit(members: readonly Member[]): void {
    for (const member of members) this.#inherited.add(member);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Gives a sign of life, and learns whether this node was declared dead. */
  async check(): Promise<void> {
    await this.#session.run((pipeline) => this.#giveSign(pipeline));
  }

  /** Ends the signs of life, and with `leaves` this membership. */
  async stop(leaves: (pipeline: RedisPipeline) => Promise<boolean>): Promise<void> {
    this.#isStopped = true;
    this.#wake?.();
    const cancel = this.#deps.clock.schedule(() => this.#session.close(), FINISH_MS);
    await this.#running;
    await this.#session.run((pipeline) => this.#leave(pipeline, leaves)).catch(() => undefined);
    cancel();
    this.#session.close();
  }

  async #leave(pipeline: RedisPipeline, leaves: (pipeline: RedisPipeline) => Promise<boolean>): Promise<void> {
    if (!(await leaves(pipeline))) return;
    const { keys } = this.#deps;
    const own = this.#own;
    await callAll(pipeline, [
      ['SREM', keys.members, own],
      ['DEL', keys.alive(own), keys.open(own)],
    ]);
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#session.run((pipeline) => this.#turn(pipeline));
      } catch (error) {
        this.#failed(error);
      }
      if (!this.#isStopped) await this.#pause();
    }
  }

  async #turn(pipeline: RedisPipeline): Promise<void> {
    const members = await this.#giveSign(pipeline);
    const isOther = (member: Member): boolean => member !== this.#own && !this.#inherited.has(member);
    const others = members.filter((member) => isOther(member) && !this.#former.has(member));
    if (others.length > 0) await this.#look(pipeline, others, new Set(members));
  }

  async #giveSign(pipeline: RedisPipeline): Promise<string[]> {
    const { keys, graceMs, clock, log } = this.#deps;
    const own = this.#own;
    const sentAt = clock.now();
    const [, , claim, members] = await callAll(pipeline, [
      ['SADD', keys.members, own],
      ['SET', keys.alive(own), '1', 'PX', String(graceMs)],
      ['GET', keys.dead(own)],
      ['SMEMBERS', keys.members],
    ]);
    if (this.#isAwayLogged) log.info('cluster.members-back', {});
    this.#isAwayLogged = false;
    this.#upSince ??= sentAt;
    if (typeof claim === 'string' && claim !== '') {
      this.#own = await this.#deps.onDeclaredDead(pipeline, own, claim);
      this.#former.add(own);
      return [];
    }
    this.#aliveAt = sentAt;
    await this.#deps.onAlive(pipeline);
    return texts(members);
  }

  async #look(pipeline: RedisPipeline, others: readonly Member[], members: ReadonlySet<Member>): Promise<void> {
    const { keys, presence } = this.#deps;
    const [alive, claims] = await callAll(pipeline, [
      ['MGET', ...others.map((member) => keys.alive(member))],
      ['MGET', ...others.map((member) => keys.dead(member))],
    ]);
    const [signs, holders] = [texts(alive), texts(claims)];
    const holderOf = new Map(others.map((member, index) => [member, holders[index] ?? '']));
    const dead = others.filter((member, index) => signs[index] !== '1' && !hears(presence, member));
    for (const member of dead) {
      const holder = holderOf.get(member) ?? '';
      if (holder === this.#own) this.#deps.onClaimed(member);
      else if (holder === '') await this.#declareDead(pipeline, member);
      else if (this.#isHeir(holder, holderOf, members)) await this.#takeOver(pipeline, member, holder);
    }
  }

  async #declareDead(pipeline: RedisPipeline, member: Member): Promise<void> {
    const { keys, log, onClaimed } = this.#deps;
    if (!this.#mayDeclare) return;
    const claim = ['SET', keys.dead(member), this.#own, 'NX', 'PX', String(REMEMBERED_MS)];
    const [answer] = await callAll(pipeline, [claim]);
    if (answer !== 'OK') return;
    log.warn('cluster.node-declared-dead', { member, hint: 'this node closes its connections with reason node_lost' });
    onClaimed(member);
  }

  /** True when this node may go on with what `holder` has claimed: it is dead too, or gone for good. */
  #isHeir(holder: Member, holderOf: ReadonlyMap<Member, string>, members: ReadonlySet<Member>): boolean {
    return this.#inherited.has(holder) || holderOf.get(holder) === this.#own || !members.has(holder);
  }

  /** Takes a claim over, unless another node was faster. */
  async #takeOver(pipeline: RedisPipeline, member: Member, holder: Member): Promise<void> {
    const { keys, log, onClaimed } = this.#deps;
    const key = keys.dead(member);
    const [, now] = await callAll(pipeline, [
      ['WATCH', key],
      ['GET', key],
    ]);
    if (now !== holder) {
      await callAll(pipeline, [['UNWATCH']]);
      return;
    }
    const replies = await callAll(pipeline, [
      ['MULTI'],
      ['SET', key, this.#own, 'PX', String(REMEMBERED_MS)],
      ['EXEC'],
    ]);
    const result = replies.at(-1);
    if (!(result instanceof RespArray) || result.length < 0) return;
    log.warn('cluster.claim-taken-over', { member, from: holder });
    onClaimed(member);
  }

  /** A node that does not hear itself may be the one that is cut off. */
  get #mayDeclare(): boolean {
    const { clock, presence } = this.#deps;
    return presence.hearsItself && this.#upSince !== undefined && clock.now() - this.#upSince >= SETTLED_MS;
  }

  #failed(error: unknown): void {
    if (this.#isStopped || this.#isAwayLogged) return;
    this.#isAwayLogged = true;
    this.#deps.log.warn('cluster.members-away', { reason: errorMessage(error) });
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#deps.clock.schedule(resolve, TURN_MS);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}

function hears(presence: ClusterPresence, member: Member): boolean {
  return presence.hears(nodeOfMember(member), epochOfMember(member));
}

/** The identity of a node that goes on after it was declared dead. */
export function nextMember(own: Member, clock: Clock): Member {
  return memberOf({ node: nodeOfMember(own), epoch: Math.max(clock.wallNow(), epochOfMember(own) + 1) });
}

import type { Clock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { LeftInLog, RecoveryReview, Verdict } from '../outbox/backlog/recovery-review.js';
import type { LateEvents } from '../outbox/late-events.js';
import type { RedisPipeline } from '../redis/redis-pipeline.js';
import type { RedisAddress } from '../redis/redis-url.js';
import type { RespReply } from '../redis/resp-reader.js';
import { memberOf, nodeOfMember, REMEMBERED_MS, type ClusterKeys, type Member } from './cluster-keys.js';
import { freezeEntries, frozenConnections } from './frozen-entries.js';
import { callAll, texts } from './redis-calls.js';
import { RedisSession } from './redis-session.js';

export interface OwnClaimsDeps {
  readonly address: RedisAddress;
  readonly keys: ClusterKeys;
  /** This start. */
  readonly own: Member;
  readonly graceMs: number;
  /** Undefined: late events are delivered. */
  readonly late: LateEvents | undefined;
  /** Takes the close events of earlier starts, which are appended now: the mirror. */
  readonly closedBefore: (ids: readonly string[], first: number) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Longest wait of a start with events of earlier ones for the mirror's Redis. */
const WAIT_MS = 30_000;
const RETRY_MS = 500;

/** Result of a look into Redis. */
interface Found {
  /** Earlier starts whose connections this node closes itself. */
  readonly inherited: readonly Member[];
  /** Connections that another node has closed, or will. */
  readonly elsewhere: ReadonlySet<string>;
  /** Close events for other nodes in the log that are still this node's. */
  readonly kept: ReadonlySet<string>;
}

const NOTHING: Found = { inherited: [], elsewhere: new Set(), kept: new Set() };

/**
 * Claims the earlier starts of this node that left a log, before anything of it is delivered. Where
 * another node was faster, that node has closed the connections: they get no second close event,
 * and their events in the log are late.
 */
export class OwnClaims {
  readonly #deps: OwnClaimsDeps;
  readonly #session: RedisSession;
  #found = NOTHING;
  #isHurried = false;
  #wake: (() => void) | undefined;

  constructor(deps: OwnClaimsDeps) {
    this.#deps = deps;
    this.#session = new RedisSession(deps.address, deps.clock);
  }

  /** Earlier starts whose connections this node closes with its log. */
  get inherited(): readonly Member[] {
    return this.#found.inherited;
  }

  /** Connections of other nodes whose close event comes from this node's log. */
  get kept(): ReadonlySet<string> {
    return this.#found.kept;
  }

  readonly review: RecoveryReview = async (left) => {
    if (left.boots.length > 0) this.#found = await this.#lookPatiently(left);
    this.#session.close();
    return this.#verdict(left);
  };

  /** Ends the wait for Redis. */
  hurry(): void {
    this.#isHurried = true;
    this.#wake?.();
  }

  #verdict({ boots }: LeftInLog): Verdict {
    const { elsewhere } = this.#found;
    const nodes = new Set([nodeOfMember(this.#deps.own), ...boots.map(({ node }) => node)]);
    const isOwn = (id: string): boolean => nodes.has(id.slice(-4));
    this.#deps.late?.add(elsewhere);
    if (elsewhere.size > 0) {
      this.#deps.log.warn('cluster.was-declared-dead', {
        connections: elsewhere.size,
        hint: 'another node has closed these connections; their events in the log of the outbox are late (cluster.late_events)',
      });
    }
    return {
      isClosedElsewhere: (id) => elsewhere.has(id) || !isOwn(id),
      closed: (ids, first) => this.#deps.closedBefore(ids, first),
    };
  }

  async #lookPatiently(left: LeftInLog): Promise<Found> {
    const { clock, log } = this.#deps;
    const until = clock.now() + WAIT_MS;
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#session.run((pipeline) => this.#look(pipeline, left));
      } catch (error) {
        const reason = errorMessage(error);
        if (tries === 1) log.warn('cluster.claim-awaited', { reason, waitS: WAIT_MS / 1000 });
        if (this.#isHurried || clock.now() >= until) {
          const hint =
            'the mirror does not answer, so connections of earlier starts are closed as if no other node had done so; backends may get a second close event';
          log.error('cluster.claim-unknown', { reason, hint });
          return NOTHING;
        }
      }
      await this.#pause();
    }
  }

  async #look(pipeline: RedisPipeline, { boots, adopted }: LeftInLog): Promise<Found> {
    const { keys, own, graceMs } = this.#deps;
    const [, , members] = await callAll(pipeline, [
      ['SADD', keys.members, own],
      ['SET', keys.alive(own), '1', 'PX', String(graceMs)],
      ['SMEMBERS', keys.members],
    ]);
    const known = new Set(texts(members));
    const inherited: Member[] = [];
    const elsewhere = new Set<string>();
    // The newest first: it may have claimed an older one.
    for (const boot of [...boots].reverse()) {
      const member = memberOf(boot);
      if (member === own || !known.has(member)) continue;
      if (await this.#claim(pipeline, member, inherited)) inherited.push(member);
      else await this.#addFrozen(pipeline, member, elsewhere);
    }
    for (const node of new Set(boots.map(({ node }) => node))) {
      const [closed] = await callAll(pipeline, [['SMEMBERS', keys.closed(node)]]);
      for (const id of texts(closed)) elsewhere.add(id);
    }
    const mine = new Set([own, ...inherited]);
    const kept = new Set<string>();
    for (const id of adopted) {
      if (boots.some(({ node }) => id.endsWith(node))) continue;
      const isMine = await this.#isAdopted(pipeline, id, { members: [...known], mine });
      (isMine ? kept : elsewhere).add(id);
    }
    return { inherited, elsewhere, kept };
  }

  /** True when this node closes the connections of its earlier start. */
  async #claim(pipeline: RedisPipeline, member: Member, mine: readonly Member[]): Promise<boolean> {
    const { keys, own } = this.#deps;
    const claim = keys.dead(member);
    const [, holder] = await callAll(pipeline, [
      ['SET', claim, own, 'NX', 'PX', String(REMEMBERED_MS)],
      ['GET', claim],
    ]);
    if (holder !== own && !mine.some((member) => member === holder)) return false;
    await callAll(pipeline, [
      ['SET', claim, own, 'PX', String(REMEMBERED_MS)],
      ['DEL', keys.alive(member)],
    ]);
    return true;
  }

  async #addFrozen(pipeline: RedisPipeline, member: Member, ids: Set<string>): Promise<void> {
    await freezeEntries(pipeline, this.#deps.keys, member);
    for (const id of await frozenConnections(pipeline, this.#deps.keys, member)) ids.add(id);
  }

  /** True when this node is still the one that closes a connection of another node. */
  async #isAdopted(
    pipeline: RedisPipeline,
    id: string,
    { members, mine }: { readonly members: readonly Member[]; readonly mine: ReadonlySet<Member> },
  ): Promise<boolean> {
    const { keys } = this.#deps;
    const ofNode = members.filter((member) => nodeOfMember(member) === id.slice(-4));
    const replies = await callAll(
      pipeline,
      ofNode.flatMap((member) => [
        ['HEXISTS', keys.lost(member), id],
        ['GET', keys.dead(member)],
      ]),
    );
    const isMine = (holder: RespReply | undefined): boolean => [...mine].some((member) => member === holder);
    return ofNode.some((_, index) => replies[index * 2] === 1 && isMine(replies[index * 2 + 1]));
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#deps.clock.schedule(resolve, RETRY_MS);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}

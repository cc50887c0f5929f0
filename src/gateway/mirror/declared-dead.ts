import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type { Connection } from '../connection/connection.js';
import type { ConnectionRegistry } from '../connection/registry.js';
import type { LateEvents } from '../outbox/late-events.js';
import type { RedisPipeline } from '../redis/redis-pipeline.js';
import { nodeOfMember, type ClusterKeys, type Member } from './cluster-keys.js';
import type { ConnectionMirror } from './connection-mirror.js';
import { freezeEntries } from './frozen-entries.js';
import type { LostConnections } from './lost-connections.js';
import { nextMember } from './member-watch.js';
import type { OpenEntries } from './open-entries.js';
import { callAll } from './redis-calls.js';

export interface DeclaredDeadDeps {
  readonly keys: ClusterKeys;
  readonly graceMs: number;
  readonly mirror: ConnectionMirror;
  readonly entries: OpenEntries;
  readonly registry: ConnectionRegistry;
  readonly late: LateEvents;
  /** Claims of this node on others. */
  readonly lost: LostConnections;
  /** Closes a connection for which no event may be emitted any more. */
  readonly disown: (connection: Connection) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Connections that are looked up in one exchange. */
const LOOKED_UP_AT_ONCE = 1_000;

/** `lost`: another node will close it; `closed`: it has. */
type Fate = 'lost' | 'closed' | 'own';

/**
 * Reaction of a running node that another one has declared dead: it closes the connections that
 * the other one closes, without events, and goes on under a new identity with the rest.
 */
export class DeclaredDead {
  /** Number of connections that were closed for this. */
  connections = 0;
  readonly #deps: DeclaredDeadDeps;

  constructor(deps: DeclaredDeadDeps) {
    this.#deps = deps;
  }

  /** Resolves to the new identity. Rejects when Redis is away: then it must be called again. */
  async handle(pipeline: RedisPipeline, own: Member, by: Member): Promise<Member> {
    const { mirror, entries, keys, late, clock } = this.#deps;
    // Until it is known which events are late, none may be delivered.
    late.hold(true);
    const release = await mirror.hold();
    try {
      const isFirst = await freezeEntries(pipeline, keys, own);
      // Entries that were written after another node has fixed which ones it closes.
      if (!isFirst) await callAll(pipeline, [['DEL', keys.open(own)]]);
      const next = nextMember(own, clock);
      await callAll(pipeline, [
        ['SADD', keys.members, next],
        ['SET', keys.alive(next), '1', 'PX', String(this.#deps.graceMs)],
      ]);
      await this.#giveUp(pipeline, own, by);
      entries.moveTo(keys.open(next));
      late.hold(false);
      return next;
    } finally {
      release();
      mirror.rebuild();
    }
  }

  async #giveUp(pipeline: RedisPipeline, own: Member, by: Member): Promise<void> {
    const { registry, mirror, late, lost, disown, log } = this.#deps;
    const connections = [...registry];
    const fates = await this.#fates(
      pipeline,
      own,
      connections.map(({ id }) => id),
    );
    const closing = mirror.closing();
    const closingFates = await this.#fates(pipeline, own, closing);
    late.add(lost.abandon());
    late.add(closing.filter((_, index) => closingFates[index] !== 'own'));
    let count = 0;
    for (const [index, connection] of connections.entries()) {
      const fate = fates[index];
      if (fate === 'own') continue;
      late.add([connection.id]);
      if (registry.get(connection.id) !== connection) continue;
      mirror.forget(connection, fate === 'closed');
      disown(connection);
      count += 1;
    }
    this.connections += count;
    const hint = 'another node has closed these connections, because this one gave no sign of life for too long';
    log.warn('cluster.declared-dead', { by, connections: count, hint });
  }

  async #fates(pipeline: RedisPipeline, own: Member, ids: readonly string[]): Promise<Fate[]> {
    const { keys } = this.#deps;
    const [lost, closed] = [keys.lost(own), keys.closed(nodeOfMember(own))];
    const fates: Fate[] = [];
    for (let at = 0; at < ids.length; at += LOOKED_UP_AT_ONCE) {
      const some = ids.slice(at, at + LOOKED_UP_AT_ONCE);
      // In this order: an entry moves from the one to the other.
      const replies = await callAll(
        pipeline,
        some.flatMap((id) => [
          ['HEXISTS', lost, id],
          ['SISMEMBER', closed, id],
        ]),
      );
      for (const index of some.keys()) {
        const isClosed = replies[index * 2 + 1] === 1;
        fates.push(isClosed ? 'closed' : replies[index * 2] === 1 ? 'lost' : 'own');
      }
    }
    return fates;
  }
}

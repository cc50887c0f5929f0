import type { EventBoot } from '../event/gateway-event.js';

/**
 * One start of one node, `<node>:<epoch>`. A node that was declared dead and is still running goes
 * on under a new epoch.
 */
export type Member = string;

export function memberOf({ node, epoch }: EventBoot): Member {
  return `${node}:${epoch}`;
}

/** The node of a member, in four hexadecimal digits. */
export function nodeOfMember(member: Member): string {
  return member.slice(0, member.indexOf(':'));
}

export function epochOfMember(member: Member): number {
  return Number(member.slice(member.indexOf(':') + 1));
}

/** Keys of a cluster in the mirror's Redis (docs/reference/redis.md). */
export class ClusterKeys {
  readonly #prefix: string;

  constructor(cluster: string) {
    this.#prefix = `wsg:${cluster}:`;
  }

  /** Set: members that are running, or whose connections must still be closed. */
  get members(): string {
    return `${this.#prefix}members`;
  }

  /** String that expires when a member may be declared dead. */
  alive(member: Member): string {
    return `${this.#prefix}alive:${member}`;
  }

  /** String: the member that closes the connections of a dead one. */
  dead(member: Member): string {
    return `${this.#prefix}dead:${member}`;
  }

  /**
   * Hash: an entry for each connection of a running member, `OpenEntry`; the field '' has the
   * `Progress`.
   */
  open(member: Member): string {
    return `${this.#prefix}open:${member}`;
  }

  /** The same of a member that was declared dead: what must still be closed. */
  lost(member: Member): string {
    return `${this.#prefix}lost:${member}`;
  }

  /** Set: connections of a node that another node has closed. */
  closed(node: string): string {
    return `${this.#prefix}closed:${node}`;
  }
}

/** Field of `open` and `lost` that is not a connection. */
export const DELIVERED_FIELD = '';

/**
 * Time for which a claim, and the connections that were closed, are known: a log that comes back
 * later reports those connections again.
 */
export const REMEMBERED_MS = 7 * 24 * 3_600_000;

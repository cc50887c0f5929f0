import { formatNode } from '../connection/connection-id.js';
import type { Beat } from './beat.js';
import type { NodeBoot } from './engines/engine-link.js';

/** Another node of the cluster, from its first beat to its last. */
export interface Member extends NodeBoot {
  /** The number as counts and headers have it: four hexadecimal digits. */
  readonly name: string;
  /** The last beat. */
  readonly beat: Beat;
  /** When the last beat came, by `Clock.now()`. */
  readonly heardAt: number;
  /** It missed a deadline: calls still go to it, but nobody waits for it until it hears and is heard. */
  readonly isSuspect: boolean;
}

/** A node that is gone. */
export interface GoneMember extends NodeBoot {
  readonly name: string;
  /** Time from now during which its log may still deliver events; 0: it has no log. */
  readonly closesAfterMs: number;
  /** It closed its connections itself and said so. */
  readonly saidBye: boolean;
}

/** Notifications of nodes that come and go, for other parts of the gateway. */
export interface MembershipEvents {
  onJoined(listener: (member: Member) => void): void;
  /** Not called while this node does not hear its own beats: then it may be the one that is away. */
  onGone(listener: (gone: GoneMember) => void): void;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The live set: the other nodes whose beats are heard. A node that was started again under the same
 * number is another member, because its predecessor may still run.
 */
export class Members implements MembershipEvents {
  readonly #byNode = new Map<number, Mutable<Member>[]>();
  #all: readonly Member[] = [];
  #awaited: readonly Member[] = [];
  readonly #joined: ((member: Member) => void)[] = [];
  readonly #gone: ((gone: GoneMember) => void)[] = [];

  onJoined(listener: (member: Member) => void): void {
    this.#joined.push(listener);
  }

  onGone(listener: (gone: GoneMember) => void): void {
    this.#gone.push(listener);
  }

  /** All other nodes. A new array after each change. */
  get all(): readonly Member[] {
    return this.#all;
  }

  /** The nodes whose answers are worth waiting for: those that are not suspect. */
  get awaited(): readonly Member[] {
    return this.#awaited;
  }

  /** Members with this number: none, one, or two while a successor overlaps with its predecessor. */
  withNumber(node: number): readonly Member[] {
    return this.#byNode.get(node) ?? NOBODY;
  }

  find(node: number, boot: number): Member | undefined {
    return this.#find(node, boot);
  }

  /** Takes note of a beat. Returns the member, and whether it has joined with this beat. */
  heard({ node, boot }: NodeBoot, beat: Beat, now: number): { readonly member: Member; readonly isNew: boolean } {
    const known = this.#find(node, boot);
    if (known !== undefined) {
      known.beat = beat;
      known.heardAt = now;
      if (beat.hearsItself) this.answered(known);
      return { member: known, isNew: false };
    }
    const member = { node, boot, name: formatNode(node), beat, heardAt: now, isSuspect: false };
    this.#byNode.set(node, [...(this.#byNode.get(node) ?? []), member]);
    this.#list();
    for (const listener of this.#joined) listener(member);
    return { member, isNew: true };
  }

  /** The member answers, or beats and hears itself: it is waited for again. */
  answered(member: Member): void {
    if (member.isSuspect) this.#setSuspect(member, true, false);
  }

  /** The member missed a deadline. */
  missed(member: Member): void {
    this.#setSuspect(member, false, true);
  }

  /** Removes members that have not been heard since a time. Returns them. */
  sweep(since: number): readonly Member[] {
    const lost = this.#all.filter(({ heardAt }) => heardAt < since);
    for (const member of lost) this.#remove(member, false);
    return lost;
  }

  /** Removes a member that said bye. */
  leave({ node, boot }: NodeBoot): Member | undefined {
    const member = this.#find(node, boot);
    if (member !== undefined) this.#remove(member, true);
    return member;
  }

  /** Counts all members as heard now, because this node could not hear anybody for a while. */
  refresh(now: number): void {
    for (const members of this.#byNode.values()) for (const member of members) member.heardAt = now;
  }

  #find(node: number, boot: number): Mutable<Member> | undefined {
    const members = this.#byNode.get(node);
    return members?.[0]?.boot === boot ? members[0] : members?.find((member) => member.boot === boot);
  }

  #setSuspect({ node, boot }: Member, from: boolean, to: boolean): void {
    const member = this.#find(node, boot);
    if (member?.isSuspect !== from) return;
    member.isSuspect = to;
    this.#list();
  }

  #remove({ node, boot, name, beat }: Member, saidBye: boolean): void {
    const left = this.#byNode.get(node)?.filter((member) => member.boot !== boot) ?? [];
    if (left.length === 0) this.#byNode.delete(node);
    else this.#byNode.set(node, left);
    this.#list();
    for (const listener of this.#gone) listener({ node, boot, name, closesAfterMs: beat.closesAfterMs, saidBye });
  }

  #list(): void {
    this.#all = [...this.#byNode.values()].flat();
    this.#awaited = this.#all.filter(({ isSuspect }) => !isSuspect);
  }
}

const NOBODY: readonly Member[] = [];

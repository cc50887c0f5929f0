import type { Clock } from '../../core/clock.js';
import type { CallAnswer } from '../calls/remote-call.js';
import type { NodeBoot } from './engines/engine-link.js';
import type { Member } from './members.js';

/** How often deadlines are looked at, so an outcome is at most that late. */
const LOOK_EACH_MS = 10;
/** Share of the deadline after which a call goes again to nodes that have not answered. */
const AGAIN_AFTER = 1 / 3;

/** A node that is named in answers. */
export type NamedBoot = NodeBoot & Pick<Member, 'name'>;

/** The answer of one node. */
export interface NodeAnswer {
  readonly name: string;
  readonly answer: CallAnswer;
}

/** The answers of the other nodes. */
export interface RemoteAnswers {
  readonly answers: readonly NodeAnswer[];
  /** Names of nodes whose answer is missing. */
  readonly silent: readonly string[];
}

/** A call that waits for answers. */
export interface AskedCall {
  readonly call: number;
  readonly op: number;
  readonly deadlineMs: number;
  /** Nodes that the call goes to, if it leaves now. Those that are suspect are not waited for. */
  readonly told: () => readonly Member[];
  /** Sends the call to one node again; undefined: it is too large for that. */
  readonly again: ((member: Member, leftMs: number) => void) | undefined;
  /** Takes the outcome. Called once. */
  readonly done: (answers: RemoteAnswers) => void;
}

interface Pending {
  readonly asked: AskedCall;
  readonly dueAt: number;
  /** Infinity once the call was sent again. */
  againAt: number;
  /** Nodes that the call went to; undefined while it waits behind a large body. */
  told: readonly Member[] | undefined;
  waiting: readonly Member[];
  readonly answers: NodeAnswer[];
  /** Nodes that answered or said bye. */
  readonly settled: NodeBoot[];
}

/** The calls of this node that wait for the answers of others. */
export class PendingCalls {
  readonly #clock: Clock;
  readonly #missed: (member: Member) => void;
  readonly #pending = new Map<number, Pending>();
  #cancelLook: (() => void) | undefined;

  /** `missed` is told each node that has not answered a call by its deadline. */
  constructor(clock: Clock, missed: (member: Member) => void) {
    this.#clock = clock;
    this.#missed = missed;
  }

  /** Begins the wait for a call, which leaves now or later. */
  begin(asked: AskedCall): void {
    const now = this.#clock.now();
    const dueAt = now + asked.deadlineMs;
    const againAt = now + asked.deadlineMs * AGAIN_AFTER;
    this.#pending.set(asked.call, { asked, dueAt, againAt, told: undefined, waiting: [], answers: [], settled: [] });
    this.#cancelLook ??= this.#clock.schedule(() => this.#look(), LOOK_EACH_MS);
  }

  /** The call leaves now: nodes that joined meanwhile get it too. */
  departs(call: number): void {
    const pending = this.#pending.get(call);
    if (pending === undefined) return;
    pending.told = pending.asked.told();
    pending.waiting = pending.told.filter(({ isSuspect }) => !isSuspect);
    if (pending.waiting.length === 0) this.#end(pending);
  }

  /** The operation of a call that still waits. */
  opOf(call: number): number | undefined {
    return this.#pending.get(call)?.asked.op;
  }

  /** Takes an answer. A second one of the same node is ignored. Hot: runs once for each answer. */
  answered(call: number, from: NamedBoot, answer: CallAnswer): void {
    const pending = this.#pending.get(call);
    if (pending === undefined || isIn(pending.settled, from)) return;
    pending.answers.push({ name: from.name, answer });
    this.#settle(pending, from);
  }

  /** A node is gone. Without its bye it is unknown whether it applied the calls. */
  gone(from: NodeBoot, saidBye: boolean): void {
    for (const pending of this.#pending.values()) {
      if (saidBye) this.#settle(pending, from);
      else this.#stopWaiting(pending, from);
    }
  }

  /** Ends all waits now: no answer can come any more. */
  release(): void {
    for (const pending of this.#pending.values()) this.#end(pending);
  }

  /** Ends all waits and cancels the timer. */
  stop(): void {
    this.release();
    this.#cancelLook?.();
    this.#cancelLook = undefined;
  }

  #settle(pending: Pending, from: NodeBoot): void {
    pending.settled.push(from);
    this.#stopWaiting(pending, from);
  }

  #stopWaiting(pending: Pending, from: NodeBoot): void {
    if (!isIn(pending.waiting, from)) return;
    pending.waiting = pending.waiting.filter((one) => !isSame(one, from));
    if (pending.waiting.length === 0) this.#end(pending);
  }

  #end(pending: Pending): void {
    const { asked, answers, settled, told = asked.told() } = pending;
    this.#pending.delete(asked.call);
    const silent = told.filter((member) => !isIn(settled, member)).map(({ name }) => name);
    asked.done({ answers, silent });
  }

  #look(): void {
    const now = this.#clock.now();
    for (const pending of this.#pending.values()) {
      if (pending.dueAt <= now) this.#expire(pending);
      else if (pending.againAt <= now) this.#sendAgain(pending, pending.dueAt - now);
    }
    const isIdle = this.#pending.size === 0;
    this.#cancelLook = isIdle ? undefined : this.#clock.schedule(() => this.#look(), LOOK_EACH_MS);
  }

  #expire(pending: Pending): void {
    for (const member of pending.waiting) this.#missed(member);
    this.#end(pending);
  }

  #sendAgain(pending: Pending, leftMs: number): void {
    const { again } = pending.asked;
    if (pending.told === undefined) return;
    pending.againAt = Number.POSITIVE_INFINITY;
    if (again !== undefined) for (const member of pending.waiting) again(member, leftMs);
  }
}

function isIn(nodes: readonly NodeBoot[], one: NodeBoot): boolean {
  for (const node of nodes) if (isSame(node, one)) return true;
  return false;
}

function isSame(a: NodeBoot, b: NodeBoot): boolean {
  return a.node === b.node && a.boot === b.boot;
}

import type { Clock } from '../../core/clock.js';
import type { CallOptions } from '../bus/bus.js';
import { FRAME_FLAG, FRAME_KIND } from '../calls/frame.js';
import { encodeCall, type EncodedCall, type RemoteCall } from '../calls/remote-call.js';
import type { Member, Members } from './members.js';
import type { Outgoing, OutgoingFrame } from './outgoing.js';
import type { PendingCalls, RemoteAnswers } from './pending-calls.js';

/** Pause after a large body that nobody answers. */
const UNANSWERED_LARGE_MS = 250;

/** The other nodes that a call goes to: all, or each with a call of its own. */
export type CallTargets = 'all' | ReadonlyMap<number, RemoteCall>;

export interface RemoteCallsDeps {
  readonly outgoing: Outgoing;
  readonly members: Members;
  readonly pending: PendingCalls;
  readonly clock: Clock;
  /** Longest wait for answers, unless a call says another one. */
  readonly deadlineMs: number;
}

/** A call for all nodes, or for one. */
interface Letter {
  /** Undefined: all. */
  readonly node: number | undefined;
  readonly encoded: EncodedCall;
}

/** A call on its way out. */
interface Departure {
  readonly call: number;
  readonly flags: number;
  readonly deadlineMs: number;
  readonly letters: readonly Letter[];
  readonly isLarge: boolean;
  state: 'waits' | 'sent' | 'ended';
}

/**
 * Sends the calls of this node to others, in their order. Only one large body is under way at a
 * time: the engine keeps it in memory for a node that reads slowly, and cuts that node when there
 * is too much. What comes after a second large body waits with it.
 */
export class RemoteCalls {
  readonly #deps: RemoteCallsDeps;
  #count = 0;
  #queue: Departure[] = [];
  /** The large body that is under way. */
  #large: Departure | undefined;

  constructor(deps: RemoteCallsDeps) {
    this.#deps = deps;
  }

  /** Number of calls so far. */
  get count(): number {
    return this.#count;
  }

  /** Sends a call. Resolves with the answers; undefined when none is wanted. */
  send(call: RemoteCall, targets: CallTargets, options: CallOptions = {}): Promise<RemoteAnswers> | undefined {
    const letters = targets === 'all' ? [{ node: undefined, encoded: encodeCall(call) }] : [...targets].map(letterTo);
    const isWaiting = options.wait !== false;
    const departure: Departure = {
      call: this.#count >>> 0,
      flags: isWaiting ? FRAME_FLAG.wantsAnswer : 0,
      deadlineMs: options.deadlineMs ?? this.#deps.deadlineMs,
      letters,
      isLarge: letters.some(({ encoded }) => encoded.body.length > this.#deps.outgoing.partBytes),
      state: 'waits',
    };
    this.#count += 1;
    const answers = isWaiting ? new Promise<RemoteAnswers>((done) => this.#await(departure, done)) : undefined;
    this.#queue.push(departure);
    this.#advance();
    if (!isWaiting && departure.isLarge) this.#deps.clock.schedule(() => this.#end(departure), UNANSWERED_LARGE_MS);
    return answers;
  }

  #await(departure: Departure, done: (answers: RemoteAnswers) => void): void {
    const { members, pending } = this.#deps;
    const { call, deadlineMs, letters, isLarge } = departure;
    pending.begin({
      call,
      op: letters[0]?.encoded.op ?? 0,
      deadlineMs,
      told: () => letters.flatMap(({ node }) => (node === undefined ? members.all : members.withNumber(node))),
      again: isLarge ? undefined : (member, leftMs) => this.#again(departure, member, leftMs),
      done: (answers) => {
        this.#end(departure);
        done(answers);
      },
    });
  }

  #again({ call, flags, letters }: Departure, member: Member, leftMs: number): void {
    const letter = letters.find(({ node }) => node === undefined || node === member.node);
    if (letter === undefined) return;
    const frame = frameOf(letter.encoded, { call, flags: flags | FRAME_FLAG.again, deadlineMs: leftMs });
    this.#deps.outgoing.toNode(member.node, frame);
  }

  /** Sends what may leave: everything up to a second large body. */
  #advance(): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (next.isLarge && next.state === 'waits' && this.#large !== undefined) return;
      this.#queue.shift();
      // A call whose caller does not wait any more would arrive late.
      if (next.state === 'waits') this.#depart(next);
    }
  }

  #depart(departure: Departure): void {
    const { outgoing, pending } = this.#deps;
    departure.state = 'sent';
    if (departure.isLarge) this.#large = departure;
    for (const { node, encoded } of departure.letters) {
      const frame = frameOf(encoded, departure);
      if (node === undefined) outgoing.toAll(frame);
      else outgoing.toNode(node, frame);
    }
    // Last, because it may end the call, and then the next one departs.
    pending.departs(departure.call);
  }

  #end(departure: Departure): void {
    departure.state = 'ended';
    if (this.#large === departure) this.#large = undefined;
    this.#advance();
  }
}

function letterTo([node, call]: [number, RemoteCall]): Letter {
  return { node, encoded: encodeCall(call) };
}

function frameOf(
  { op, flags: ofCall, body }: EncodedCall,
  { call, flags, deadlineMs }: Pick<Departure, 'call' | 'flags' | 'deadlineMs'>,
): OutgoingFrame {
  return { kind: FRAME_KIND.call, flags: ofCall | flags, op, call, deadlineMs, body };
}

import { errorMessage } from '../../core/error.js';
import type { Bus } from '../bus/bus.js';
import { applyCall } from '../calls/apply-call.js';
import { FRAME_FLAG, FRAME_KIND, type Frame } from '../calls/frame.js';
import { decodeCall, encodeAnswer, OP, type CallAnswer, type RemoteCall } from '../calls/remote-call.js';
import type { AnsweredCalls } from './answered-calls.js';
import type { Outgoing } from './outgoing.js';

/** Operations that change nothing: they may be carried out twice and in any order. */
const READS: ReadonlySet<number> = new Set([OP.status, OP.tree, OP.knowsKey]);
/** Share of the caller's wait that this node's own processes get. */
const OWN_SHARE = 3 / 4;

/** Figures of the calls of other nodes. */
export interface ForeignCallFigures {
  applied: number;
  /** Calls that arrived again: only their answer was repeated. */
  repeated: number;
  /** Calls that arrived after a later one of the same node. */
  late: number;
}

/** Carries out the calls of other nodes on this one, and answers them. */
export class ForeignCalls {
  readonly figures: ForeignCallFigures = { applied: 0, repeated: 0, late: 0 };
  readonly #bus: Bus;
  readonly #outgoing: Outgoing;

  constructor(bus: Bus, outgoing: Outgoing) {
    this.#bus = bus;
    this.#outgoing = outgoing;
  }

  /**
   * Carries out a call, unless it was before. Calls of one node begin in their order, and the bus
   * keeps the order in which calls begin. Hot: runs once for each call of another node.
   */
  take(frame: Frame, known: AnsweredCalls): void {
    if (READS.has(frame.op)) return this.#start(frame, undefined);
    const call = known.begin(frame.call);
    if (call.kind === 'new') return this.#start(frame, known);
    if (call.kind === 'late') this.figures.late += 1;
    else this.figures.repeated += 1;
    if (call.kind === 'answered') this.#answer(frame, call.answer);
  }

  #start(frame: Frame, known: AnsweredCalls | undefined): void {
    this.figures.applied += 1;
    const answer = this.#apply(frame);
    if (answer instanceof Promise) void answer.catch(refusal).then((late) => this.#end(frame, known, late));
    else this.#end(frame, known, answer);
  }

  #apply(frame: Frame): CallAnswer | Promise<CallAnswer> {
    try {
      const call: RemoteCall | undefined = decodeCall(frame);
      if (call === undefined) return { outcome: 'unsupported', reason: `the operation ${frame.op} is not known here` };
      return applyCall(this.#bus, call, { deadlineMs: Math.max(1, Math.floor(frame.deadlineMs * OWN_SHARE)) });
    } catch (error) {
      return refusal(error);
    }
  }

  #end(frame: Frame, known: AnsweredCalls | undefined, answer: CallAnswer): void {
    const body = encodeAnswer(answer);
    known?.end(frame.call, body);
    this.#answer(frame, body);
  }

  #answer({ flags, op, fromNode: node, fromBoot: boot, call, deadlineMs }: Frame, body: Uint8Array): void {
    if ((flags & FRAME_FLAG.wantsAnswer) === 0) return;
    this.#outgoing.answer({ node, boot }, { kind: FRAME_KIND.answer, flags: 0, op, call, deadlineMs, body });
  }
}

function refusal(error: unknown): CallAnswer {
  return { outcome: 'refused', reason: errorMessage(error) };
}

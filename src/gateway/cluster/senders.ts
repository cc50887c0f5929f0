import type { Clock } from '../../core/clock.js';
import { FRAME_FLAG, FRAME_KIND, type Frame } from '../calls/frame.js';
import { formatNode } from '../connection/connection-id.js';
import { AnsweredCalls } from './answered-calls.js';

/** Time for which the calls of a node that sends nothing are remembered: longer than any deadline. */
const KEPT_MS = 60_000;

/** Memory of the frames of one start of a node. */
export interface Sender {
  readonly name: string;
  readonly node: number;
  readonly boot: number;
  readonly calls: AnsweredCalls;
  readonly places: Map<Channel, number>;
  usedAt: number;
}

type Channel = 'all' | 'node' | 'inbox' | 'beats';

/** Remembers the senders of frames, and counts the frames that are missing between theirs. */
export class Senders {
  readonly #clock: Clock;
  readonly #byNode = new Map<number, Sender[]>();
  readonly #lost = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Frames lost so far, by the node that sent them. */
  get lost(): ReadonlyMap<string, number> {
    return this.#lost;
  }

  of({ fromNode: node, fromBoot: boot }: Frame): Sender {
    const senders = this.#byNode.get(node);
    const known = senders?.[0]?.boot === boot ? senders[0] : senders?.find((sender) => sender.boot === boot);
    if (known !== undefined) return known;
    const name = formatNode(node);
    const sender = { name, node, boot, calls: new AnsweredCalls(), places: new Map(), usedAt: this.#clock.now() };
    this.#byNode.set(node, [...(senders ?? []), sender]);
    return sender;
  }

  /** Counts a hole before a frame. Returns the number of lost frames. */
  place(sender: Sender, frame: Frame): number {
    const channel = channelOf(frame);
    const expected = sender.places.get(channel);
    const missing = expected === undefined ? 0 : (frame.place - expected) | 0;
    // A frame that arrives twice has an earlier place.
    if (missing < 0) return 0;
    sender.places.set(channel, (frame.place + 1) >>> 0);
    if (missing > 0) this.#lost.set(sender.name, (this.#lost.get(sender.name) ?? 0) + missing);
    return missing;
  }

  /** Forgets senders from which nothing has come for a while. */
  sweep(): void {
    const since = this.#clock.now() - KEPT_MS;
    for (const [node, senders] of this.#byNode) {
      const left = senders.filter(({ usedAt }) => usedAt >= since);
      if (left.length === 0) this.#byNode.delete(node);
      else if (left.length < senders.length) this.#byNode.set(node, left);
    }
  }
}

function channelOf({ kind, flags, body }: Frame): Channel {
  const whole = kind === FRAME_KIND.part ? body[0] : kind;
  if (whole === FRAME_KIND.answer) return 'inbox';
  if (whole !== FRAME_KIND.call) return 'beats';
  return (flags & FRAME_FLAG.direct) === 0 ? 'all' : 'node';
}

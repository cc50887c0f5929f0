import { encodeFrame, FRAME_FLAG, FRAME_HEAD_BYTES, FRAME_KIND } from '../calls/frame.js';
import type { NodeBoot } from './engines/engine-link.js';
import type { Engine, EngineTarget } from './engine.js';
import { splitBody } from './frame-parts.js';

/** Most bytes of frames that leave as one message of the engine. */
const BUNDLE_BYTES = 256_000;
/** Most bytes of a part of a larger body. */
const PART_BYTES = 512 * 1024;
/** Room in a message of the engine for what a part has besides its bytes. */
const PART_ROOM_BYTES = FRAME_HEAD_BYTES + 64;

/** The fields of a frame that its writer decides. */
export interface OutgoingFrame {
  readonly kind: number;
  readonly flags: number;
  readonly op: number;
  readonly call: number;
  readonly deadlineMs: number;
  readonly body: Uint8Array;
}

/** The way to one target, and the frames of this tick for it. */
export interface Lane {
  readonly target: EngineTarget;
  frames: Buffer[];
  bytes: number;
  /** Number of frames so far: the place of the next one. */
  places: number;
  /** Step of the first frame that waits. */
  firstStep: number;
}

export interface OutgoingDeps {
  readonly self: NodeBoot;
  readonly engine: Pick<Engine, 'publish' | 'maxMessageBytes'>;
}

/**
 * Writes frames to the engine. The frames of one tick for one target leave as one message, because
 * a message costs much more than a frame. A node receives calls in the order in which they were put,
 * whether they were for all nodes or for that one.
 */
export class Outgoing {
  readonly #self: NodeBoot;
  readonly #engine: OutgoingDeps['engine'];
  readonly #all = laneTo({ to: 'all' });
  readonly #beats = laneTo({ to: 'beats' });
  readonly #direct = new Map<number, Lane>();
  readonly #inboxes = new Map<number, { readonly boot: number; readonly lane: Lane }>();
  /** Lanes with frames, in the order in which they leave. */
  #owed: Lane[] = [];
  #step = 0;
  #lastStepToAll = -1;
  #lastStepToOne = -1;
  #flushing: NodeJS.Immediate | undefined;

  constructor({ self, engine }: OutgoingDeps) {
    this.#self = self;
    this.#engine = engine;
  }

  /** Largest body that leaves in one frame. */
  get partBytes(): number {
    return Math.min(PART_BYTES, this.#engine.maxMessageBytes - PART_ROOM_BYTES);
  }

  /** Puts a call for all nodes. */
  toAll(frame: OutgoingFrame): void {
    const { firstStep, bytes } = this.#all;
    if (bytes > 0 && this.#lastStepToOne > firstStep) this.flush();
    this.#lastStepToAll = this.#step;
    this.#put(this.#all, frame);
  }

  /** Puts a call for one node. */
  toNode(node: number, frame: OutgoingFrame): void {
    let lane = this.#direct.get(node);
    if (lane === undefined) this.#direct.set(node, (lane = laneTo({ to: 'node', node })));
    if (lane.bytes > 0 && this.#lastStepToAll > lane.firstStep) this.flush();
    this.#lastStepToOne = this.#step;
    this.#put(lane, { ...frame, flags: frame.flags | FRAME_FLAG.direct });
  }

  /** Puts an answer for the caller. */
  answer({ node, boot }: NodeBoot, frame: OutgoingFrame): void {
    let inbox = this.#inboxes.get(node);
    if (inbox?.boot !== boot) {
      inbox = { boot, lane: laneTo({ to: 'inbox', node, boot }) };
      this.#inboxes.set(node, inbox);
    }
    this.#put(inbox.lane, frame);
  }

  /** Sends to the beats of all nodes at once, after everything that was put before. */
  beat(frame: OutgoingFrame): boolean {
    this.flush();
    return this.#engine.publish(this.#beats.target, this.#encode(this.#beats, frame));
  }

  /** Sends everything now. */
  flush(): void {
    if (this.#flushing !== undefined) clearImmediate(this.#flushing);
    this.#flushing = undefined;
    const owed = this.#owed;
    this.#owed = [];
    for (const lane of owed) {
      const { frames, bytes } = lane;
      lane.frames = [];
      lane.bytes = 0;
      const [first] = frames;
      if (first === undefined) continue;
      this.#engine.publish(lane.target, frames.length === 1 ? first : Buffer.concat(frames, bytes));
    }
  }

  #put(lane: Lane, frame: OutgoingFrame): void {
    if (frame.body.length <= this.partBytes) return this.#append(lane, frame);
    for (const body of splitBody(frame, this.partBytes)) this.#append(lane, { ...frame, kind: FRAME_KIND.part, body });
  }

  /** Hot: runs once for each call and answer. Measured by bench/cluster. */
  #append(lane: Lane, frame: OutgoingFrame): void {
    const bytes = this.#encode(lane, frame);
    const most = Math.min(BUNDLE_BYTES, this.#engine.maxMessageBytes);
    if (lane.bytes > 0 && lane.bytes + bytes.length > most) this.flush();
    if (lane.bytes === 0) {
      lane.firstStep = this.#step;
      this.#owed.push(lane);
      this.#flushing ??= setImmediate(() => this.flush());
    }
    this.#step += 1;
    lane.frames.push(bytes);
    lane.bytes += bytes.length;
  }

  #encode(lane: Lane, { kind, flags, op, call, deadlineMs, body }: OutgoingFrame): Buffer {
    const place = lane.places;
    lane.places = (place + 1) >>> 0;
    const { node: fromNode, boot: fromBoot } = this.#self;
    return encodeFrame({ kind, flags, op, fromNode, fromBoot, call, place, deadlineMs, body });
  }
}

function laneTo(target: EngineTarget): Lane {
  return { target, frames: [], bytes: 0, places: 0, firstStep: 0 };
}

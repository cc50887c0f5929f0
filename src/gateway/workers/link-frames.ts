import type { ReachedLimit } from '../access/connection-limits.js';
import type { CloseReasonName } from '../close-reason.js';

/**
 * Kinds of frames between supervisor and worker, besides those of `FRAME_KIND`: calls and answers
 * go both ways.
 */
export const LINK_KIND = {
  /** First frame of each socket of a link; `call` pairs the two sockets. */
  hello: 16,
  /** Worker: events and changes of tags of one tick. */
  events: 17,
  /** Supervisor: what was taken and delivered, and whether the outbox is full. */
  taken: 18,
  /** Supervisor: an event of a connection was refused; the worker closes the connection. */
  refused: 19,
  /** Supervisor: messages of a connection wait for room, so no more of them are accepted. */
  blocked: 20,
  /** Supervisor: the messages of the connection were taken. */
  unblocked: 21,
  /** Both: asks for the next page of a listing, or gives it up. */
  page: 22,
  /** Supervisor: asks for the worker's figures. Worker: the figures, as JSON. */
  figures: 23,
  /** Worker: asks for a place within the limits, or gives it back. Supervisor: the answer. */
  limits: 24,
  /** Worker: the first of its events that its mirror holds back. */
  held: 25,
} as const;

/** Bits of `Frame.flags` besides those of `FRAME_FLAG`. */
export const LINK_FLAG = {
  /** An answer: the listing has another page. */
  more: 16,
  /** `refused`: a message, not the open event. */
  message: 16,
  /** A call to `/settags`: only checks whether it would be refused. */
  dryRun: 32,
  /** `taken`: the outbox is full. */
  full: 64,
  /** `page`: nobody reads the listing any more. */
  end: 128,
} as const;

/** Largest frame of a link: a tick's events, or a page of a listing. */
export const MOST_FRAME_BYTES = 2 ** 31 - 1;

/** Name of a worker in `silent` and in logs: `0001/w2`. */
export function formatWorker(node: string, worker: number): string {
  return `${node}/w${worker}`;
}

/** Bytes of a sequence in a body. */
export const SEQUENCE_BYTES = 6;
const INFINITE = 2 ** 48 - 1;

/** Writes a sequence, which may be Infinity. */
export function writeSequence(bytes: Buffer, sequence: number, at: number): void {
  bytes.writeUIntBE(Math.min(sequence, INFINITE), at, SEQUENCE_BYTES);
}

export function readSequence(bytes: Buffer, at: number): number {
  const sequence = bytes.readUIntBE(at, SEQUENCE_BYTES);
  return sequence === INFINITE ? Infinity : sequence;
}

const REFUSALS = ['outbox_full', 'message_above_bound'] as const satisfies readonly CloseReasonName[];

/** Reason for which the supervisor refuses an event. */
export type RefusalReason = (typeof REFUSALS)[number];

/** `op` of a `refused` frame. */
export function refusalOp(reason: RefusalReason): number {
  return REFUSALS.indexOf(reason);
}

export function refusalReason(op: number): RefusalReason {
  return REFUSALS[op] ?? 'outbox_full';
}

/** `op` of a `limits` frame of a worker. */
export const LIMIT_OP = { admit: 1, admitAndTake: 2, take: 3, giveBack: 4 } as const;

const LIMITS: readonly ReachedLimit[] = ['max_connections', 'max_connections_per_address', 'handshakes_per_s'];

/** `op` of the answer: 0 when no limit is reached. */
export function limitAnswer(reached: ReachedLimit | undefined): number {
  return reached === undefined ? 0 : LIMITS.indexOf(reached) + 1;
}

export function reachedLimit(op: number): ReachedLimit | undefined {
  return LIMITS[op - 1];
}

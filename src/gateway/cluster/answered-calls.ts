/** Number of calls of one sender whose answers are kept. */
const KEPT_CALLS = 4096;
/** Most bytes of kept answers of one sender besides plain counts. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Length of an answer that is only a count: u8 outcome, u32 count. */
const COUNT_BYTES = 5;

const STATE = { unknown: 0, working: 1, count: 2, bytes: 3, dropped: 4 } as const;

/** The knowledge of a call that has arrived. */
export type KnownCall =
  | { readonly kind: 'new' }
  /** It was applied, and its answer is not there yet or not kept. */
  | { readonly kind: 'applied' }
  /** A later call of this sender was applied already, so this one would change the order. */
  | { readonly kind: 'late' }
  | { readonly kind: 'answered'; readonly answer: Uint8Array };

const NEW: KnownCall = { kind: 'new' };
const APPLIED: KnownCall = { kind: 'applied' };
const LATE: KnownCall = { kind: 'late' };

/**
 * The last 4,096 calls of one sender with their answers. A sender numbers its calls upwards, so a
 * call is applied only when its number is above all that were applied: that keeps their order, and
 * none is applied twice, however often it arrives.
 */
export class AnsweredCalls {
  readonly #calls = new Uint32Array(KEPT_CALLS);
  readonly #states = new Uint8Array(KEPT_CALLS);
  readonly #counts = new Uint32Array(KEPT_CALLS);
  /** Answers that are more than a count, by slot, oldest first. */
  readonly #answers = new Map<number, Uint8Array>();
  #bytes = 0;
  #last: number | undefined;

  /** Looks a call up, and takes note of it when it is new. */
  begin(call: number): KnownCall {
    const slot = call % KEPT_CALLS;
    if (this.#calls[slot] === call && this.#states[slot] !== STATE.unknown) return this.#known(slot);
    // Numbers wrap around at 32 bits.
    if (this.#last !== undefined && ((call - this.#last) | 0) <= 0) return LATE;
    this.#last = call;
    this.#drop(slot);
    this.#calls[slot] = call;
    this.#states[slot] = STATE.working;
    return NEW;
  }

  /** Keeps the answer to a call. */
  end(call: number, answer: Uint8Array): void {
    const slot = call % KEPT_CALLS;
    if (this.#calls[slot] !== call || this.#states[slot] !== STATE.working) return;
    if (answer.length === COUNT_BYTES && answer[0] === 0) {
      this.#states[slot] = STATE.count;
      this.#counts[slot] = view(answer).getUint32(1);
      return;
    }
    this.#states[slot] = STATE.bytes;
    this.#answers.set(slot, answer);
    this.#bytes += answer.length;
    for (const [oldest] of this.#answers) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#drop(oldest);
      this.#states[oldest] = STATE.dropped;
    }
  }

  #known(slot: number): KnownCall {
    const kept = this.#answers.get(slot);
    if (kept !== undefined) return { kind: 'answered', answer: kept };
    if (this.#states[slot] !== STATE.count) return APPLIED;
    const answer = new Uint8Array(COUNT_BYTES);
    view(answer).setUint32(1, this.#counts[slot] ?? 0);
    return { kind: 'answered', answer };
  }

  #drop(slot: number): void {
    this.#bytes -= this.#answers.get(slot)?.length ?? 0;
    this.#answers.delete(slot);
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

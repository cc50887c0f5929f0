import type { ReachedLimit } from '../access/connection-limits.js';
import type { FrameLink } from './frame-link.js';
import { LIMIT_OP, LINK_KIND, reachedLimit } from './link-frames.js';

/** Answer to an upgrade: the limit that it would exceed. */
type Answer = ReachedLimit | undefined;

const MOST_CALLS = 2 ** 32;

/** A place that the supervisor has given to an upgrade, until its connection opens. */
interface Place {
  readonly address: string;
  isUsed: boolean;
}

/** Asks the supervisor whether the limits of the node allow an upgrade. */
export class WorkerLimits {
  readonly #link: FrameLink;
  readonly #asked = new Map<number, (answer: Answer) => void>();
  /** Places whose connection must open before the end of the tick. */
  readonly #places: Place[] = [];
  #last = 0;

  constructor(link: FrameLink) {
    this.#link = link;
    link.handle(LINK_KIND.limits, ({ call, op }) => {
      const resolve = this.#asked.get(call);
      this.#asked.delete(call);
      resolve?.(reachedLimit(op));
    });
    link.onClosed(() => {
      for (const resolve of this.#asked.values()) resolve('max_connections');
      this.#asked.clear();
    });
  }

  /** Counts a handshake and checks the limits, without taking a place. */
  admit(address: string): Promise<Answer> {
    return this.#ask(LIMIT_OP.admit, address);
  }

  /** The same, and takes a place: its connection must open in the tick of the answer. */
  async admitAndTake(address: string): Promise<Answer> {
    return this.#taken(address, await this.#ask(LIMIT_OP.admitAndTake, address));
  }

  /** Takes a place for a handshake that was counted before. */
  async take(address: string): Promise<Answer> {
    return this.#taken(address, await this.#ask(LIMIT_OP.take, address));
  }

  /** Call it for each connection that has opened. */
  opened(address: string): void {
    const place = this.#places.find((each) => !each.isUsed && each.address === address);
    if (place !== undefined) place.isUsed = true;
  }

  /** Call it for each connection that has closed. */
  closed(address: string): void {
    this.#link.send({ kind: LINK_KIND.limits, op: LIMIT_OP.giveBack, body: Buffer.from(address) });
  }

  #taken(address: string, answer: Answer): Answer {
    if (answer !== undefined) return answer;
    if (this.#places.length === 0) setImmediate(() => this.#giveBackUnused());
    this.#places.push({ address, isUsed: false });
    return undefined;
  }

  /** Gives back the places of upgrades whose clients have gone meanwhile. */
  #giveBackUnused(): void {
    for (const { address, isUsed } of this.#places.splice(0)) if (!isUsed) this.closed(address);
  }

  #ask(op: number, address: string): Promise<Answer> {
    if (this.#link.isClosed) return Promise.resolve('max_connections');
    do this.#last = (this.#last + 1) % MOST_CALLS;
    while (this.#asked.has(this.#last));
    const call = this.#last;
    return new Promise((resolve) => {
      this.#asked.set(call, resolve);
      this.#link.send({ kind: LINK_KIND.limits, op, call, body: Buffer.from(address) });
    });
  }
}

import type { Clock } from '../../core/clock.js';
import { errorMessage, WsgError } from '../../core/error.js';
import { BackendRefusal } from '../../core/backend-refusal.js';
import { DeliveryError, type SinkFailure, type StartPurpose } from './event-sink.js';
import { waitAtMost } from '../../core/delay.js';

/** A connection that does not reconnect. */
interface Link {
  /** Undefined while it is open. */
  readonly closedBecause: string | undefined;
  close(): Promise<void>;
}

export interface SinkLinkOptions<L extends Link> {
  /** Name of the sink. */
  readonly sink: string;
  /** The kind of peer, as in "The NATS server is away". */
  readonly peer: string;
  /** Without credentials. */
  readonly shownAddr: string;
  /** Advice for the case that the peer refuses the sink. */
  readonly hint: string;
  readonly open: (purpose: StartPurpose, giveUp: AbortSignal) => Promise<L>;
  readonly clock: Clock;
}

/** Leaves a margin within the 5 s that a sink may take to stop. */
const FINISH_MS = 4_000;

/**
 * Keeps the one connection of a sink: opened on demand, replaced once it is closed, never opened
 * after the stop.
 */
export class SinkLink<L extends Link> {
  readonly #options: SinkLinkOptions<L>;
  readonly #giveUp = new AbortController();
  #link: L | undefined;
  #purpose: StartPurpose = 'deliver';
  #isStopped = false;
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(options: SinkLinkOptions<L>) {
    this.#options = options;
  }

  /** The link that was opened last. It may be closed. */
  get current(): L | undefined {
    return this.#link;
  }

  /**
   * Opens the link, which `check` may reject. A `BackendRefusal` becomes `sink.refused`.
   */
  start(purpose: StartPurpose, check: (link: L) => void = () => undefined): Promise<void> {
    this.#purpose = purpose;
    return this.finishing(this.#start(check));
  }

  /** Makes `stop` wait for this work, within its time limit. */
  finishing<T>(work: Promise<T>): Promise<T> {
    this.#underWay = work;
    return work;
  }

  /** Resolves with the open link. Rejects with a `DeliveryError` that blames the sink. */
  async opened(): Promise<L> {
    try {
      return await this.#open();
    } catch (error) {
      throw this.away({ blames: 'sink', reason: errorMessage(error) }, error);
    }
  }

  /** Makes an error that names the peer of the failure. */
  away({ blames, reason }: SinkFailure, cause?: unknown): DeliveryError {
    const { peer, shownAddr } = this.#options;
    return new DeliveryError(blames, `The ${peer} ${shownAddr} is away: ${reason}`, cause);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#giveUp.abort(new Error('the sink was stopped'));
    await waitAtMost(this.#options.clock, this.#underWay, FINISH_MS);
    await this.#link?.close();
  }

  async #start(check: (link: L) => void): Promise<void> {
    try {
      check(await this.#open());
    } catch (error) {
      const { sink, shownAddr, hint } = this.#options;
      if (!(error instanceof BackendRefusal)) throw this.away({ blames: 'sink', reason: errorMessage(error) }, error);
      throw new WsgError('sink.refused', `The ${sink} sink was refused by ${shownAddr}: ${error.message}`, {
        hint,
        cause: error,
      });
    }
  }

  async #open(): Promise<L> {
    if (this.#isStopped) throw new Error('the sink was stopped');
    if (this.#link !== undefined && this.#link.closedBecause === undefined) return this.#link;
    await this.#link?.close();
    this.#link = undefined;
    const link = await this.#options.open(this.#purpose, this.#giveUp.signal);
    this.#link = link;
    // A stop during the opening has closed the previous link only.
    if (this.#isStopped) await link.close();
    return link;
  }
}

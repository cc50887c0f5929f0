import type { Clock } from '../../core/clock.js';
import { errorMessage, WsgError } from '../../core/error.js';
import { BackendRefusal } from '../../core/backend-refusal.js';
import { DeliveryError, type SinkFailure, type StartPurpose } from './event-sink.js';
import { waitAtMost } from '../../core/delay.js';

/** A connection that never comes back. */
interface Link {
  /** Undefined while it is open. */
  readonly closedBecause: string | undefined;
  close(): Promise<void>;
}

export interface SinkLinkOptions<L extends Link> {
  /** Name of the sink. */
  readonly sink: string;
  /** What it is linked to, as in "The NATS server is away". */
  readonly peer: string;
  /** Without credentials. */
  readonly shownAddr: string;
  /** What to do about a refusal. */
  readonly hint: string;
  readonly open: (purpose: StartPurpose, giveUp: AbortSignal) => Promise<L>;
  readonly clock: Clock;
}

/** Within the 5 s that every sink has to stop. */
const FINISH_MS = 4_000;

/**
 * The one link of a sink: opened when it is needed, replaced once it is closed, never opened after
 * the stop.
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

  /** The link that was opened last; it may be closed. */
  get current(): L | undefined {
    return this.#link;
  }

  /**
   * Opens the link, which `check` may still refuse. Rejects with `sink.refused` for a
   * `BackendRefusal`.
   */
  start(purpose: StartPurpose, check: (link: L) => void = () => undefined): Promise<void> {
    this.#purpose = purpose;
    return this.finishing(this.#start(check));
  }

  /** `stop` waits for this work, within its bound. */
  finishing<T>(work: Promise<T>): Promise<T> {
    this.#underWay = work;
    return work;
  }

  /** The open link. Rejects with a `DeliveryError` that blames the sink. */
  async opened(): Promise<L> {
    try {
      return await this.#open();
    } catch (error) {
      throw this.away({ blames: 'sink', reason: errorMessage(error) }, error);
    }
  }

  /** Says of which peer the failure is. */
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
    // A stop that came meanwhile has closed what there was.
    if (this.#isStopped) await link.close();
    return link;
  }
}

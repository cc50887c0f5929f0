import type { GatewayEvent } from '../../event/gateway-event.js';
import type { RefusedEvent, SinkFailure } from '../../sinks/event-sink.js';
import { PLAIN_TRIES } from './block.js';
import type { SinkOffers } from '../sink-offers.js';
import type { LanePolicy } from '../../config/sink-config.js';

export interface FrontTrialOptions {
  readonly offers: SinkOffers;
  readonly policy: LanePolicy;
  /** What waits behind the front event. It may be larger than a batch by itself. */
  readonly window: (front: GatewayEvent) => Promise<readonly GatewayEvent[]>;
  /** Whether an event may be offered before those in front of it. */
  readonly isFree: (event: GatewayEvent) => boolean;
  readonly destinationOf: (event: GatewayEvent) => string | undefined;
  /**
   * Called once for an event that has failed for as long as would give it up, and cannot be judged:
   * nothing else waits.
   */
  readonly onUnjudged: (front: GatewayEvent, failure: SinkFailure) => void;
  readonly nowMs: () => number;
}

/**
 * What came of the front event. `suspect`: others pass, so it can wait aside. `ahead`: that event
 * was taken out of turn.
 */
export type FrontVerdict =
  | { readonly kind: 'taken' }
  | { readonly kind: 'suspect'; readonly ahead: GatewayEvent }
  | { readonly kind: 'given-up'; readonly ahead: GatewayEvent | undefined; readonly letter: RefusedEvent };

/** Failures without a clear answer before others are tried. */
const TRIES_BEFORE_PROBE = 2;
/** Others that are offered after one failure: with the sink away each of them costs an attempt. */
const MOST_PROBES = 2;

/**
 * Finds out whether the event at the front, which fails alone, differs from others: offers others,
 * each after another failure.
 */
export class FrontTrial {
  readonly #options: FrontTrialOptions;
  #sequence = 0;
  #tries = 0;
  #sinceMs = 0;
  #rotation = 0;
  #isAlone = false;
  #unjudged: GatewayEvent | undefined;

  constructor(options: FrontTrialOptions) {
    this.#options = options;
  }

  /**
   * The event that failed last, if it cannot be judged though it has failed for as long as would
   * give it up.
   */
  get unjudged(): GatewayEvent | undefined {
    return this.#unjudged;
  }

  /** The front event has failed alone. Undefined: no other passes either, or none can be asked. */
  async failed(front: GatewayEvent, failure: SinkFailure): Promise<FrontVerdict | undefined> {
    const verdict = await this.#judge(front, failure);
    const isStuck = verdict === undefined && this.#isAlone && this.#hasHadItsTime();
    if (isStuck && this.#unjudged !== front) this.#options.onUnjudged(front, failure);
    this.#unjudged = isStuck ? front : undefined;
    return verdict;
  }

  async #judge(front: GatewayEvent, failure: SinkFailure): Promise<FrontVerdict | undefined> {
    const { nowMs, window } = this.#options;
    if (this.#sequence !== front.sequence) {
      this.#sequence = front.sequence;
      this.#tries = 0;
      this.#sinceMs = nowMs();
      this.#isAlone = false;
    }
    this.#tries++;
    if (failure.blames === 'attempt' && this.#tries < TRIES_BEFORE_PROBE) return undefined;
    const waiting = await window(front);
    this.#isAlone = waiting.length === 0;
    const candidates = this.#candidates(front, waiting, failure);
    for (const candidate of candidates) {
      if (await this.#passes(candidate)) return { kind: 'suspect', ahead: candidate };
    }
    return candidates.length > 0 ? undefined : this.#lastResort(front, waiting[0], failure);
  }

  #candidates(front: GatewayEvent, window: readonly GatewayEvent[], { blames }: SinkFailure): readonly GatewayEvent[] {
    const { isFree, destinationOf } = this.#options;
    const away = blames === 'destination' ? destinationOf(front) : undefined;
    const isCandidate = (event: GatewayEvent) => isFree(event) && (away === undefined || destinationOf(event) !== away);
    return probeCandidates({ front, window, isFree: isCandidate, rotation: this.#rotation++, most: MOST_PROBES });
  }

  /**
   * Only events of its own connection wait. Once one of those is taken the front one may no longer
   * be delivered, so it must have had all its chances, the last of them right now and, where
   * something was taken before, right after that passed again.
   */
  async #lastResort(
    front: GatewayEvent,
    next: GatewayEvent | undefined,
    failure: SinkFailure,
  ): Promise<FrontVerdict | undefined> {
    if (!this.#isRipe(failure)) return undefined;
    const { control } = this.#options.offers;
    if (control !== undefined) {
      if (!(await this.#passes(control))) return undefined;
      if (await this.#passes(front)) return { kind: 'taken' };
    }
    const letter = { event: front, reason: failure.reason };
    if (next !== undefined) return (await this.#mayPass(next)) ? { kind: 'given-up', ahead: next, letter } : undefined;
    const isProven = failure.blames === 'event' && control !== undefined;
    return isProven ? { kind: 'given-up', ahead: undefined, letter } : undefined;
  }

  async #mayPass(event: GatewayEvent): Promise<boolean> {
    return this.#options.isFree(event) && this.#passes(event);
  }

  #isRipe({ blames }: SinkFailure): boolean {
    if (blames === 'event') return this.#tries >= PLAIN_TRIES;
    return blames === 'attempt' && this.#hasHadItsTime();
  }

  #hasHadItsTime(): boolean {
    const { policy, nowMs } = this.#options;
    return this.#tries >= policy.suspectTries && nowMs() - this.#sinceMs >= policy.suspectAfterMs;
  }

  async #passes(event: GatewayEvent): Promise<boolean> {
    return (await this.#options.offers.offer([event])).taken === 1;
  }
}

export interface ProbeSearch {
  readonly front: GatewayEvent;
  /** What waits behind it, in order. */
  readonly window: readonly GatewayEvent[];
  /** Whether the event may be offered out of turn. */
  readonly isFree: (event: GatewayEvent) => boolean;
  /** Another number finds others, so that several events at fault do not hide each other. */
  readonly rotation: number;
  readonly most: number;
}

/**
 * Events of other connections than the front one's that could show that the sink takes others: each
 * the first of its connection.
 */
export function probeCandidates({ front, window, isFree, rotation, most }: ProbeSearch): GatewayEvent[] {
  const seen = new Set<string>([front.connection]);
  const firsts: GatewayEvent[] = [];
  for (const event of window) {
    if (seen.has(event.connection)) continue;
    seen.add(event.connection);
    if (isFree(event)) firsts.push(event);
  }
  const found: GatewayEvent[] = [];
  for (let step = 0; step < Math.min(most, firsts.length); step++) {
    const event = firsts[(rotation * most + step) % firsts.length];
    if (event !== undefined) found.push(event);
  }
  return found;
}

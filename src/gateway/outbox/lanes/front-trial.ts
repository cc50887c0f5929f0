import type { GatewayEvent } from '../../event/gateway-event.js';
import type { RefusedEvent, SinkFailure } from '../../sinks/event-sink.js';
import { PLAIN_TRIES } from './block.js';
import type { MonitoredSink } from '../monitored-sink.js';
import type { LanePolicy } from '../../config/outbox-config.js';

export interface FrontTrialOptions {
  readonly sink: MonitoredSink;
  readonly policy: LanePolicy;
  /** Reads the events behind the front one, which may fill a batch by itself. */
  readonly readBehind: (front: GatewayEvent) => Promise<readonly GatewayEvent[]>;
  /** True when the event may be offered before those in front of it. */
  readonly isFree: (event: GatewayEvent) => boolean;
  /**
   * Called once for an event that has had its attempts and cannot be judged, because no other event
   * waits.
   */
  readonly onUnjudged: (front: GatewayEvent, failure: SinkFailure) => void;
  readonly nowMs: () => number;
}

/**
 * Outcome of a trial of the front event. `suspect`: another event was delivered, so this one can
 * wait aside. `early`: the event that was delivered before its turn.
 */
export type FrontVerdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'suspect'; readonly early: GatewayEvent }
  | { readonly kind: 'given-up'; readonly early: GatewayEvent | undefined; readonly letter: RefusedEvent };

/** Failures without a clear answer before other events are tried. */
const TRIES_BEFORE_PROBE = 2;
/** Other events offered after one failure. With the sink unavailable each costs an attempt. */
const MOST_PROBES = 2;

/**
 * Finds out whether the event at the front, which fails alone, differs from others: offers a few
 * others after each failure.
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

  /** The event that failed last, if it has had its attempts and cannot be judged. */
  get unjudged(): GatewayEvent | undefined {
    return this.#unjudged;
  }

  /**
   * Judges the front event after it failed alone. Undefined when no other event was delivered
   * either, or none waits.
   */
  async judge(front: GatewayEvent, failure: SinkFailure): Promise<FrontVerdict | undefined> {
    const verdict = await this.#verdictOf(front, failure);
    const isStuck = verdict === undefined && this.#isAlone && this.#hasHadItsTime();
    if (isStuck && this.#unjudged !== front) this.#options.onUnjudged(front, failure);
    this.#unjudged = isStuck ? front : undefined;
    return verdict;
  }

  async #verdictOf(front: GatewayEvent, failure: SinkFailure): Promise<FrontVerdict | undefined> {
    const { nowMs, readBehind } = this.#options;
    if (this.#sequence !== front.sequence) {
      this.#sequence = front.sequence;
      this.#tries = 0;
      this.#sinceMs = nowMs();
      this.#isAlone = false;
    }
    this.#tries++;
    if (failure.blames === 'attempt' && this.#tries < TRIES_BEFORE_PROBE) return undefined;
    const behind = await readBehind(front);
    this.#isAlone = behind.length === 0;
    const candidates = this.#candidates(front, behind, failure);
    for (const candidate of candidates) {
      if (await this.#delivers(candidate)) return { kind: 'suspect', early: candidate };
    }
    return candidates.length > 0 ? undefined : this.#lastResort(front, behind[0], failure);
  }

  #candidates(front: GatewayEvent, behind: readonly GatewayEvent[], { blames }: SinkFailure): GatewayEvent[] {
    const { isFree, sink } = this.#options;
    const away = blames === 'destination' ? sink.destinationOf(front) : undefined;
    const isCandidate = (event: GatewayEvent) =>
      isFree(event) && (away === undefined || sink.destinationOf(event) !== away);
    return rotated(firstOfOthers(front, behind).filter(isCandidate), this.#rotation++);
  }

  /**
   * Judges an event behind which only events of its own connection wait. Once one of those is
   * delivered, this one may no longer be. So it must have had all its attempts, the last one right
   * now. If anything was delivered before, that must be accepted again just before.
   */
  async #lastResort(
    front: GatewayEvent,
    next: GatewayEvent | undefined,
    failure: SinkFailure,
  ): Promise<FrontVerdict | undefined> {
    if (!this.#isRipe(failure)) return undefined;
    const control = this.#options.sink.lastDelivered;
    if (control !== undefined) {
      if (!(await this.#delivers(control))) return undefined;
      if (await this.#delivers(front)) return { kind: 'delivered' };
    }
    const letter = { event: front, reason: failure.reason };
    if (next !== undefined) {
      const isPassed = this.#options.isFree(next) && (await this.#delivers(next));
      return isPassed ? { kind: 'given-up', early: next, letter } : undefined;
    }
    const isProven = failure.blames === 'event' && control !== undefined;
    return isProven ? { kind: 'given-up', early: undefined, letter } : undefined;
  }

  #isRipe({ blames }: SinkFailure): boolean {
    if (blames === 'event') return this.#tries >= PLAIN_TRIES;
    return blames === 'attempt' && this.#hasHadItsTime();
  }

  #hasHadItsTime(): boolean {
    const { policy, nowMs } = this.#options;
    return this.#tries >= policy.suspectTries && nowMs() - this.#sinceMs >= policy.suspectAfterMs;
  }

  async #delivers(event: GatewayEvent): Promise<boolean> {
    return (await this.#options.sink.offer([event])).delivered === 1;
  }
}

/** The first event of each connection other than the front event's, in order. */
function firstOfOthers(front: GatewayEvent, behind: readonly GatewayEvent[]): GatewayEvent[] {
  const seen = new Set<string>([front.connection]);
  return behind.filter(({ connection }) => {
    if (seen.has(connection)) return false;
    seen.add(connection);
    return true;
  });
}

/**
 * A few events; each rotation takes other ones, so that several faulty events do not hide others.
 */
function rotated(events: readonly GatewayEvent[], rotation: number): GatewayEvent[] {
  const found: GatewayEvent[] = [];
  for (let step = 0; step < Math.min(MOST_PROBES, events.length); step++) {
    const event = events[(rotation * MOST_PROBES + step) % events.length];
    if (event !== undefined) found.push(event);
  }
  return found;
}

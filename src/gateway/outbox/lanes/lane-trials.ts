import type { Clock } from '../../../core/clock.js';
import type { QueueLimits } from '../../event/event-queue.js';
import type { RefusedEvent } from '../../sinks/event-sink.js';
import { backoffMs } from '../../../core/delay.js';
import type { Lanes, LaneTrial } from './lanes.js';
import type { SinkHealth } from '../sink-health.js';
import type { Attempt, SinkOffers } from '../sink-offers.js';

export interface LaneTrialsOptions {
  readonly lanes: Lanes;
  readonly offers: SinkOffers;
  readonly health: SinkHealth;
  readonly batch: QueueLimits;
  /** Resolves when these are in the dead letters; false when the feed was stopped before. */
  readonly keepRefused: (refused: readonly RefusedEvent[]) => Promise<boolean>;
  /** Runs each time something was settled. */
  readonly onMoved: () => void;
  readonly clock: Clock;
}

/** After a failure in a lane the next try of any lane waits for so long: the others come first. */
const LANE_PAUSE_MS = 100;
/** How often it is looked whether lanes that are full have moved. */
const FULL_PAUSE_MS = 1_000;

/** Tries what waits in lanes again, and gives up what has had its chances. */
export class LaneTrials {
  readonly #options: LaneTrialsOptions;
  #notBeforeMs = 0;

  constructor(options: LaneTrialsOptions) {
    this.#options = options;
  }

  /** When something is to be tried; Infinity when nothing waits. */
  get dueMs(): number {
    return Math.max(this.#notBeforeMs, this.#options.lanes.nextDueMs);
  }

  hurry(): void {
    this.#notBeforeMs = 0;
    this.#options.lanes.hurry(this.#options.clock.now());
  }

  /** Makes the next try: how long to wait then. Undefined when nothing is due. */
  async next(): Promise<number | undefined> {
    const { lanes, offers, batch, clock } = this.#options;
    const nowMs = clock.now();
    if (nowMs < this.#notBeforeMs) return undefined;
    const trial = lanes.next({ nowMs, passed: offers.passed }, batch);
    return trial === undefined ? undefined : this.#try(trial);
  }

  /** Lanes are full: the order stops until the oldest of them moves, or fails while others pass. */
  async holdBack(): Promise<number> {
    const { lanes, health, clock } = this.#options;
    if (await this.giveUp()) return 0;
    lanes.hurryOldest(clock.now());
    health.failed('sink.away', lanes.reason ?? 'Too much waits for destinations that are away.');
    return FULL_PAUSE_MS;
  }

  /** Whether any was given up. */
  async giveUp(): Promise<boolean> {
    const { lanes, clock, keepRefused } = this.#options;
    let isAny = false;
    for (let letter = this.#givenUp(); letter !== undefined; letter = this.#givenUp()) {
      if (!(await keepRefused([letter]))) return isAny;
      lanes.done(letter.event, false);
      isAny = true;
    }
    if (isAny) this.#notBeforeMs = clock.now();
    return isAny;
  }

  async #try(trial: LaneTrial): Promise<number> {
    const { lanes, offers, health, keepRefused, onMoved, clock } = this.#options;
    if (trial.needsControl && !(await this.#controlPasses())) {
      lanes.postpone(trial.events, clock.now());
      return 0;
    }
    const attempt = await offers.offer(trial.events);
    if (attempt.failure?.blames === 'sink') {
      lanes.postpone(trial.events, clock.now());
      health.failed('sink.away', attempt.failure.reason);
      return backoffMs(health.failures);
    }
    if (!(await keepRefused(attempt.refused))) return 0;
    // A sink that answers for each event is there, whatever it says; but with full lanes it holds
    // everything.
    if (attempt.taken > 0 || (attempt.failure === undefined && !lanes.isOverLimits)) health.succeeded();
    if (attempt.taken === 0) this.#notBeforeMs = clock.now() + LANE_PAUSE_MS;
    this.#settle(trial, attempt);
    await this.giveUp();
    onMoved();
    return 0;
  }

  #settle({ kind, events }: LaneTrial, { settled, refused, failed, failure }: Attempt): void {
    const { lanes, clock, offers } = this.#options;
    const at = { nowMs: clock.now(), passed: offers.passed };
    const failures = new Map(failed.map((each) => [each.event, each.failure]));
    const letters = new Set(refused.map(({ event }) => event));
    for (const event of events.slice(0, settled)) {
      const why = failures.get(event);
      if (why === undefined) lanes.done(event, !letters.has(event));
      else lanes.failedAgain(event, why, at);
    }
    const front = settled === 0 ? events[0] : undefined;
    if (front === undefined || failure === undefined) return;
    if (kind === 'released' && events.length > 1) lanes.tryFewer();
    else lanes.failedAgain(front, failure, at);
  }

  async #controlPasses(): Promise<boolean> {
    const { offers } = this.#options;
    return offers.control !== undefined && (await offers.offer([offers.control])).taken === 1;
  }

  #givenUp(): RefusedEvent | undefined {
    const { lanes, clock } = this.#options;
    return lanes.events === 0 ? undefined : lanes.givenUp(clock.now());
  }
}

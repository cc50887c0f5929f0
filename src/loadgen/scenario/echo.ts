import type { RoundTripMetrics } from './scenario-metrics.js';
import type { Pace } from '../health/thread-gauges.js';
import type { EchoPlan } from './built-in-plan.js';
import { HeldUser, type HeldContext } from './held-user.js';
import { MessageWriter, readStamp } from './message-stamp.js';
import { RoundTrips } from './round-trips.js';
import type { Scenario, VirtualUser } from './scenario.js';
import type { Session } from './session.js';

const SECOND_MS = 1000;
/**
 * Node's timers have a resolution of 1 ms. A message may leave so much before it is due: half of
 * them would else wait for the better part of a millisecond, which is the generator's delay and no
 * target's. Measured by bench/clock.
 */
const EARLY_MS = 0.5;

/** What the virtual users of an echo scenario share. */
export interface EchoParts {
  readonly held: HeldContext;
  readonly plan: EchoPlan;
  /** How many virtual users the rate is spread over, in all threads. */
  readonly users: number;
  /**
   * So many of this thread have to have dialled before any sends: connecting must not be measured
   * as the target's delay.
   */
  readonly awaited: number;
  readonly roundTrips: RoundTripMetrics;
}

/**
 * Messages at a constant rate to a target that answers each. An open model: a message is due at its
 * time whatever became of those before, and its response time counts from there, so a target that
 * stalls shows what users would have felt.
 */
export class EchoScenario implements Scenario {
  #begun = 0;
  #dialled = 0;
  readonly #waiting = new Set<EchoUser>();
  /** When the schedule began, by the clock; undefined before. */
  #startMs: number | undefined;

  constructor(readonly parts: EchoParts) {}

  createUser(vu: number): VirtualUser {
    return new EchoUser(this, vu);
  }

  /** A virtual user's first handshake has come to its end, well or not. */
  userDialled(nowMs: number): void {
    this.#dialled += 1;
    if (this.#startMs !== undefined || this.#dialled < this.parts.awaited) return;
    this.#startMs = nowMs;
    for (const user of this.#waiting) user.startSchedule(nowMs);
    this.#waiting.clear();
  }

  /**
   * A virtual user has a connection: it begins with the schedule, where it waits for all, or with
   * itself.
   */
  userOpened(user: EchoUser, nowMs: number): void {
    if (this.parts.awaited === 0) user.startSchedule(nowMs);
    else if (this.#startMs === undefined) this.#waiting.add(user);
    else user.startSchedule(this.#startMs);
  }

  userClosed(user: EchoUser): void {
    this.#waiting.delete(user);
  }

  messageBegun(): void {
    this.#begun += 1;
  }

  takePace(): Pace {
    const { held, plan, users } = this.parts;
    const begun = this.#begun;
    this.#begun = 0;
    const isRunning = this.parts.awaited === 0 || this.#startMs !== undefined;
    return { begun, planned: isRunning ? (plan.rate * held.population.size) / users : 0 };
  }
}

class EchoUser extends HeldUser {
  readonly #writer: MessageWriter;
  readonly #trips: RoundTrips;
  readonly #periodMs: number;
  /** When the first message was due, by the clock; it stands when the connection is another one. */
  #firstDueMs: number | undefined;
  #count = 0;
  #isDraining = false;
  #cancelNext: () => void = () => undefined;

  readonly #scenario: EchoScenario;

  constructor(scenario: EchoScenario, vu: number) {
    super(scenario.parts.held, vu);
    this.#scenario = scenario;
    const { plan, users, roundTrips } = scenario.parts;
    this.#writer = new MessageWriter(vu, plan.size);
    this.#trips = new RoundTrips(roundTrips, plan.answerTimeoutMs);
    this.#periodMs = (users * SECOND_MS) / plan.rate;
  }

  onMessage(bytes: Uint8Array, start: number, end: number, isBinary: boolean): void {
    const { context } = this.held;
    const nowMs = context.clock.now();
    context.metrics.messagesReceived.add(1);
    if (this.#scenario.parts.plan.matching === 'order') this.#trips.answerOldest(nowMs);
    else {
      const stamp = readStamp(bytes, start, end, isBinary);
      // Another sender's message, as of a server that sends to all, is nobody's answer.
      if (stamp?.sender === this.vu) this.#trips.answer(stamp.id, nowMs);
      else this.#scenario.parts.roundTrips.unmatched.add(1);
    }
    if (this.#isDraining && this.#trips.inFlight === 0) this.session?.close();
  }

  /** Its schedule began at `startMs`: messages that were due meanwhile go at once. */
  startSchedule(startMs: number): void {
    const { users } = this.#scenario.parts;
    // The users' messages are spread evenly over the period.
    this.#firstDueMs ??= startMs + (((this.vu - 1) % users) / users) * this.#periodMs;
    if (this.session !== undefined) this.#send(this.session);
  }

  protected override dialledFirst(): void {
    this.#scenario.userDialled(this.held.context.clock.now());
  }

  protected opened(_session: Session, nowMs: number): void {
    this.#isDraining = false;
    this.#scenario.userOpened(this, nowMs);
  }

  /** Sends what was due to the end and no more, and waits for the answers that are under way. */
  protected override timeUp(session: Session): void {
    if (this.#firstDueMs !== undefined) this.#send(session);
    this.#isDraining = true;
    this.#cancelNext();
    if (this.#trips.inFlight === 0) session.close();
    else
      this.#cancelNext = this.held.context.clock.schedule(
        () => session.close(),
        this.#scenario.parts.plan.answerTimeoutMs,
      );
  }

  protected override closed(nowMs: number): void {
    this.#cancelNext();
    this.#scenario.userClosed(this);
    this.#trips.end(nowMs);
  }

  /** Sends everything that is due, and comes back when the next message is. */
  #send(session: Session): void {
    const { clock } = this.held.context;
    const { endMs } = this.held.schedule;
    this.#trips.expire(clock.now());
    for (let dueMs = this.#nextDueMs; dueMs < endMs; dueMs = this.#nextDueMs) {
      const nowMs = clock.now();
      const delayMs = dueMs - EARLY_MS - nowMs;
      if (delayMs > 0) {
        this.#cancelNext = clock.schedule(() => this.#send(session), delayMs);
        return;
      }
      this.#sendOne(session, dueMs, nowMs);
    }
  }

  #sendOne(session: Session, dueMs: number, nowMs: number): void {
    const id = this.#trips.nextId;
    this.#trips.begin(dueMs, nowMs);
    this.#scenario.messageBegun();
    this.#count += 1;
    if (this.#scenario.parts.plan.isBinary) session.sendBinary(this.#writer.binary(id));
    else session.send(this.#writer.text(id));
  }

  get #nextDueMs(): number {
    return (this.#firstDueMs ?? 0) + this.#count * this.#periodMs;
  }
}

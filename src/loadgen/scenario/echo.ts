import type { Pace } from '../health/thread-gauges.js';
import { isConstantVus } from '../executor/constant-vus.js';
import { maxScenarioVus } from '../executor/index.js';
import type { MATCHINGS } from '../options/built-in-options.js';
import { OPTIONS } from '../options/index.js';
import type { OptionValues } from '../options/option-values.js';
import { CONNECTION_METRICS, heldFactory, HeldUser, readHeld, type HeldDeps, type HeldPlan } from './held-user.js';
import { MessageWriter, readStamp, STAMP_BYTES } from './message-stamp.js';
import { readMessage, type MessagePlan } from './messages.js';
import { ROUND_TRIP_METRICS, RoundTrips, roundTripMetrics, type RoundTripMetrics } from './round-trips.js';
import type { BuiltInDefinition, BuiltInPlan } from './scenario-definition.js';
import type { Scenario, VirtualUser } from './scenario.js';
import type { Session } from './session.js';

const SECOND_MS = 1000;
const DEFAULT_RATE = 1000;
/** Default time limit of an answer, in `fan-out` too: milliseconds. */
export const DEFAULT_ANSWER_TIMEOUT_MS = 10_000;

type Matching = (typeof MATCHINGS)[number];

/** Settings of `echo`: messages at a constant rate, each of which the target answers. */
export interface EchoPlan extends BuiltInPlan, MessagePlan, HeldPlan {
  readonly name: 'echo';
  /** Messages a second, all virtual users together. */
  readonly rate: number;
  readonly matching: Matching;
  /** An answer that takes longer counts as none. */
  readonly answerTimeoutMs: number;
}

/**
 * How early a message may leave: milliseconds. Node's timers have a resolution of 1 ms, so half of
 * the messages would otherwise wait for most of a millisecond, which is the generator's delay and
 * not the target's. Measured by bench/clock.
 */
const EARLY_MS = 0.5;

/** Shared by the virtual users of an echo scenario. */
interface EchoDeps {
  readonly held: HeldDeps;
  readonly plan: EchoPlan;
  /** Number of virtual users that share the rate, in all threads. */
  readonly users: number;
  /**
   * Number of virtual users of this thread that must have dialled before any sends: connecting must
   * not be measured as the target's delay.
   */
  readonly awaited: number;
  readonly roundTrips: RoundTripMetrics;
}

/**
 * Messages at a constant rate to a target that answers each. It is an open model: a message is due
 * independently of earlier ones, and its response time counts from then, so a stall of the target
 * shows as the delay that users would have had.
 */
class EchoScenario implements Scenario {
  #begun = 0;
  #dialled = 0;
  readonly #waiting = new Set<EchoUser>();
  /** Start of the schedule, by the clock; undefined before. */
  #startMs: number | undefined;

  constructor(readonly deps: EchoDeps) {}

  createUser(vu: number): VirtualUser {
    return new EchoUser(this, vu);
  }

  /** Called when a virtual user's first handshake has succeeded or failed. */
  userDialled(nowMs: number): void {
    this.#dialled += 1;
    if (this.#startMs !== undefined || this.#dialled < this.deps.awaited) return;
    this.#startMs = nowMs;
    for (const user of this.#waiting) user.startSchedule(nowMs);
    this.#waiting.clear();
  }

  /**
   * Called when a virtual user has a connection: it starts with the common schedule, if there is
   * one, or with a schedule of its own.
   */
  userOpened(user: EchoUser, nowMs: number): void {
    if (this.deps.awaited === 0) user.startSchedule(nowMs);
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
    const { held, plan, users } = this.deps;
    const begun = this.#begun;
    this.#begun = 0;
    const isRunning = this.deps.awaited === 0 || this.#startMs !== undefined;
    return { begun, planned: isRunning ? (plan.rate * held.population.size) / users : 0 };
  }
}

class EchoUser extends HeldUser {
  readonly #writer: MessageWriter;
  readonly #trips: RoundTrips;
  readonly #periodMs: number;
  /** Due time of the first message, by the clock; it stays the same after a reconnect. */
  #firstDueMs: number | undefined;
  #count = 0;
  #isDraining = false;
  #cancelNext: () => void = () => undefined;

  readonly #scenario: EchoScenario;

  constructor(scenario: EchoScenario, vu: number) {
    super(scenario.deps.held, vu);
    this.#scenario = scenario;
    const { plan, users, roundTrips } = scenario.deps;
    this.#writer = new MessageWriter(vu, plan.size);
    this.#trips = new RoundTrips(roundTrips, plan.answerTimeoutMs);
    this.#periodMs = (users * SECOND_MS) / plan.rate;
  }

  onMessage(bytes: Uint8Array, start: number, end: number, isBinary: boolean): void {
    const { deps } = this.held;
    const nowMs = deps.clock.now();
    deps.metrics.messagesReceived.add(1);
    if (this.#scenario.deps.plan.matching === 'order') this.#trips.answerOldest(nowMs);
    else {
      const stamp = readStamp(bytes, start, end, isBinary);
      // A message of another sender, as from a server that broadcasts, answers nothing.
      if (stamp?.sender === this.vu) this.#trips.answer(stamp.id, nowMs);
      else this.#scenario.deps.roundTrips.unmatched.add(1);
    }
    if (this.#isDraining && this.#trips.inFlight === 0) this.session?.close();
  }

  /** Starts its schedule at `startMs`: messages that were due since then are sent at once. */
  startSchedule(startMs: number): void {
    const { users } = this.#scenario.deps;
    // The users' messages are spread evenly over the period.
    this.#firstDueMs ??= startMs + (((this.vu - 1) % users) / users) * this.#periodMs;
    if (this.session !== undefined) this.#send(this.session);
  }

  protected override dialledFirst(): void {
    this.#scenario.userDialled(this.held.deps.clock.now());
  }

  protected opened(_session: Session, nowMs: number): void {
    this.#isDraining = false;
    this.#scenario.userOpened(this, nowMs);
  }

  /** Sends the messages that were due before the end, and waits for outstanding answers. */
  protected override timeUp(session: Session): void {
    if (this.#firstDueMs !== undefined) this.#send(session);
    this.#isDraining = true;
    this.#cancelNext();
    if (this.#trips.inFlight === 0) session.close();
    else
      this.#cancelNext = this.held.deps.clock.schedule(() => session.close(), this.#scenario.deps.plan.answerTimeoutMs);
  }

  protected override closed(nowMs: number): void {
    this.#cancelNext();
    this.#scenario.userClosed(this);
    this.#trips.end(nowMs);
  }

  /** Sends every message that is due, and schedules itself for the next one. */
  #send(session: Session): void {
    const { clock } = this.held.deps;
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
    if (this.#scenario.deps.plan.isBinary) session.sendBinary(this.#writer.binary(id));
    else session.send(this.#writer.text(id));
  }

  get #nextDueMs(): number {
    return (this.#firstDueMs ?? 0) + this.#count * this.#periodMs;
  }
}

export const echo: BuiltInDefinition<EchoPlan> = {
  name: 'echo',
  options: [OPTIONS.rate, OPTIONS.size, OPTIONS.binary, OPTIONS.match, OPTIONS.answerTimeout, OPTIONS.connectRate],
  metrics: [...CONNECTION_METRICS, ...ROUND_TRIP_METRICS],
  executors: 'held',
  silenceRemedy:
    'echo needs a server that answers each message with the same one; add --spawn-echo to try it against one',
  read: (options) => {
    const message = readMessage(options);
    const matching = readMatching(message, options);
    const rate = options.value(OPTIONS.rate, DEFAULT_RATE);
    const answerTimeoutMs = options.value(OPTIONS.answerTimeout, DEFAULT_ANSWER_TIMEOUT_MS);
    return { name: 'echo', rate, ...message, matching, answerTimeoutMs, ...readHeld(options) };
  },
  create: (plan, { registry }) => {
    const held = heldFactory(plan, registry);
    const metrics = roundTripMetrics(registry);
    return (part) => {
      const users = maxScenarioVus(part.part);
      // Where the number of virtual users changes, each has a schedule of its own.
      const awaited = isConstantVus(part.part) ? part.ownUsers : 0;
      return new EchoScenario({ held: held(part), plan, users, awaited, roundTrips: metrics(part.tags) });
    };
  },
};

function readMatching({ size, isBinary }: MessagePlan, options: OptionValues): Matching {
  const given = options.value(OPTIONS.match);
  const matching = given ?? (options.has(OPTIONS.match) ? undefined : 'id');
  const least = isBinary ? STAMP_BYTES.binary : STAMP_BYTES.text;
  if (matching === 'id' && size < least && options.has(OPTIONS.size)) {
    const way = 'or match answers in order with --match order';
    options.complain(OPTIONS.size, `${size} bytes are too few for an id, which takes ${least}; ask for more, ${way}`);
  }
  return matching ?? 'id';
}

import type { Pace } from '../health/thread-gauges.js';
import { OPTIONS } from '../options/index.js';
import { Broadcasts, DELIVERY_METRICS, deliveryMetrics, type DeliveryMetrics } from './broadcasts.js';
import { DEFAULT_ANSWER_TIMEOUT_MS } from './echo.js';
import { CONNECTION_METRICS, heldFactory, HeldUser, readHeld, type HeldDeps, type HeldPlan } from './held-user.js';
import { findPublished, formatPublished } from './message-stamp.js';
import { Publisher, readPublish, type PublishPlan } from './publisher.js';
import type { BuiltInDefinition, BuiltInPlan } from './scenario-definition.js';
import type { Scenario, VirtualUser } from './scenario.js';
import type { Session } from './session.js';

const SECOND_MS = 1000;
const US_PER_MS = 1000;
const NS_PER_MS = 1e6;
const DEFAULT_RATE = 10;

/** Settings of `fan-out`: messages that HTTP requests publish reach all connections. */
export interface FanOutPlan extends BuiltInPlan, HeldPlan {
  readonly name: 'fan-out';
  /** Requests a second. */
  readonly rate: number;
  readonly publish: PublishPlan;
  /** A message that has not arrived by then counts as lost, from its request: milliseconds. */
  readonly answerTimeoutMs: number;
}

/** Shared by the virtual users of a fan-out scenario. */
interface FanOutDeps {
  readonly held: HeldDeps;
  readonly plan: FanOutPlan;
  readonly metrics: DeliveryMetrics;
  /** Virtual users of this thread. */
  readonly recipients: number;
  /** True in the one thread that publishes. */
  readonly isPublisher: boolean;
  /** Reports once why messages are not published. */
  readonly complain: (sentence: string) => void;
}

/**
 * Messages that HTTP requests publish at a constant rate to every connection. It is an open model,
 * as `echo` is: the delay to each recipient, and to the last one, counts from when the request was
 * due. Publishing begins when every virtual user has dialled.
 */
class FanOutScenario implements Scenario {
  readonly broadcasts: Broadcasts;
  readonly #publisher: Publisher;
  /** Offset of the machine's monotonic clock, which all threads share, to this thread's clock. */
  readonly #offsetMs: number;
  #dialled = 0;
  #count = 0;
  #counted = 0;
  #firstDueMs = 0;
  #hasComplained = false;
  #cancelNext: () => void = () => undefined;
  #recipientsMade = 0;

  constructor(readonly deps: FanOutDeps) {
    const { held, metrics, recipients, plan } = deps;
    const present = (): number => held.population.size;
    this.broadcasts = new Broadcasts({ metrics, recipients, present, timeoutMs: plan.answerTimeoutMs });
    this.#publisher = new Publisher(plan.publish);
    this.#offsetMs = Number(process.hrtime.bigint()) / NS_PER_MS - held.deps.clock.now();
  }

  createUser(vu: number): VirtualUser {
    const recipient = this.#recipientsMade;
    this.#recipientsMade += 1;
    return new FanOutUser(this.deps.held, vu, { scenario: this, recipient });
  }

  /** Called when a virtual user's first handshake has succeeded or failed. */
  userDialled(): void {
    this.#dialled += 1;
    if (this.#dialled !== this.deps.recipients || !this.deps.isPublisher) return;
    this.#firstDueMs = this.deps.held.deps.clock.now();
    this.#publishDue();
  }

  takePace(): Pace {
    const begun = this.#count - this.#counted;
    this.#counted = this.#count;
    return { begun, planned: this.#isPublishing ? this.deps.plan.rate : 0 };
  }

  end(): void {
    this.#cancelNext();
    this.broadcasts.end();
    this.#publisher.stop();
  }

  arrived(bytes: Uint8Array, range: { readonly start: number; readonly end: number }, recipient: number): void {
    const stamp = findPublished(bytes, range.start, range.end);
    // A message of another publisher counts as received only.
    if (stamp === undefined) return;
    const dueMs = stamp.dueUs / US_PER_MS - this.#offsetMs;
    const sentMs = stamp.sentUs / US_PER_MS - this.#offsetMs;
    this.broadcasts.arrive({ id: stamp.id, dueMs, sentMs, recipient }, this.deps.held.deps.clock.now());
  }

  /** Publishes the messages that were due before the end, while all recipients are connected. */
  publishRest(): void {
    this.#cancelNext();
    if (this.#dialled >= this.deps.recipients && this.deps.isPublisher) this.#publishDue();
  }

  get #isPublishing(): boolean {
    const { held, recipients, isPublisher } = this.deps;
    return isPublisher && this.#dialled >= recipients && held.deps.clock.now() < held.schedule.endMs;
  }

  #publishDue(): void {
    const { held, plan } = this.deps;
    const { clock } = held.deps;
    this.broadcasts.expire(clock.now());
    for (let dueMs = this.#nextDueMs; dueMs < held.schedule.endMs; dueMs = this.#nextDueMs) {
      const delayMs = dueMs - clock.now();
      if (delayMs > 0) {
        this.#cancelNext = clock.schedule(() => {
          this.#publishOne(dueMs);
          this.#publishDue();
        }, delayMs);
        return;
      }
      this.#publishOne(dueMs);
    }
    // Gives up an incomplete message even if no other follows it.
    this.#cancelNext = clock.schedule(() => this.broadcasts.expire(clock.now()), plan.answerTimeoutMs);
  }

  #publishOne(dueMs: number): void {
    const { held } = this.deps;
    const id = this.#count;
    this.#count += 1;
    const sentMs = held.deps.clock.now();
    const dueUs = this.#micros(Math.min(dueMs, sentMs));
    this.broadcasts.begin(id, Math.min(dueMs, sentMs), sentMs);
    const stamp = formatPublished({ id, dueUs, sentUs: this.#micros(sentMs) });
    this.broadcasts.hold();
    void this.#publisher.publish(id, stamp).then((problem) => {
      this.#tellPublished(id, problem);
      this.broadcasts.release();
    });
  }

  #tellPublished(id: number, problem: string | undefined): void {
    const { metrics, complain, plan } = this.deps;
    if (problem === undefined) return metrics.published.add(1);
    metrics.failed.add(1);
    this.broadcasts.fail(id);
    if (!this.#hasComplained) complain(`a message could not be published with ${plan.publish.url}: ${problem}`);
    this.#hasComplained = true;
  }

  #micros(atMs: number): number {
    return Math.round((atMs + this.#offsetMs) * US_PER_MS);
  }

  get #nextDueMs(): number {
    return this.#firstDueMs + (this.#count * SECOND_MS) / this.deps.plan.rate;
  }
}

class FanOutUser extends HeldUser {
  readonly #place: { readonly scenario: FanOutScenario; readonly recipient: number };

  constructor(held: HeldDeps, vu: number, place: { readonly scenario: FanOutScenario; readonly recipient: number }) {
    super(held, vu);
    this.#place = place;
  }

  onMessage(bytes: Uint8Array, start: number, end: number): void {
    this.held.deps.metrics.messagesReceived.add(1);
    this.#place.scenario.arrived(bytes, { start, end }, this.#place.recipient);
  }

  protected override dialledFirst(): void {
    this.#place.scenario.userDialled();
  }

  protected opened(): void {
    // Only arriving messages matter.
  }

  /** Waits for messages in flight. */
  protected override timeUp(session: Session): void {
    const { scenario } = this.#place;
    scenario.publishRest();
    scenario.broadcasts.waitSettled(() => session.close());
  }
}

export const fanOut: BuiltInDefinition<FanOutPlan> = {
  name: 'fan-out',
  options: [
    OPTIONS.rate,
    OPTIONS.size,
    OPTIONS.answerTimeout,
    OPTIONS.connectRate,
    OPTIONS.publishUrl,
    OPTIONS.publishMethod,
    OPTIONS.publishHeaders,
    OPTIONS.publishBody,
  ],
  metrics: [...CONNECTION_METRICS, ...DELIVERY_METRICS],
  executors: 'held',
  isSingleThreaded: true,
  silenceRemedy:
    'check that --publish-url sends to the connections of --url; --spawn-gateway starts a gateway where it does',
  read: (options, defaults) => ({
    name: 'fan-out',
    rate: options.value(OPTIONS.rate, DEFAULT_RATE),
    publish: readPublish(options, defaults),
    answerTimeoutMs: options.value(OPTIONS.answerTimeout, DEFAULT_ANSWER_TIMEOUT_MS),
    ...readHeld(options),
  }),
  // Values of headers may be secret.
  record: (plan) => ({ ...plan, publish: { ...plan.publish, headers: plan.publish.headers.map(([name]) => name) } }),
  create: (plan, { registry, isFirstThread: isPublisher, complain }) => {
    const held = heldFactory(plan, registry);
    const metrics = deliveryMetrics(registry);
    return (part) => {
      const recipients = part.ownUsers;
      return new FanOutScenario({
        held: held(part),
        plan,
        metrics: metrics(part.tags),
        recipients,
        isPublisher,
        complain,
      });
    };
  },
};

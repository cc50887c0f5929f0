import type { Pace } from '../health/thread-gauges.js';
import { OPTIONS } from '../options/index.js';
import { nthStriped, stripeShare, type Stripe } from '../pacing/stripe.js';
import { Broadcasts, DELIVERY_METRICS, deliveryMetrics, type DeliveryMetrics } from './broadcasts.js';
import { DEFAULT_ANSWER_TIMEOUT_MS } from './echo.js';
import { CONNECTION_METRICS, heldFactory, HeldUser, readHeld, type HeldDeps, type HeldPlan } from './held-user.js';
import { PublishedStamps } from './message-stamp.js';
import { Publisher, readPublish, type PublishPlan } from './publisher.js';
import type { BuiltInDefinition, BuiltInPlan } from './scenario-definition.js';
import type { Scenario, VirtualUser } from './scenario.js';
import type { Session } from './session.js';

const SECOND_MS = 1000;
const DEFAULT_RATE = 10;
const NO_RECIPIENT =
  'this shard has no virtual user, so its part of the messages is not published: use at least as many virtual users as shards';

/** Settings of `fan-out`: messages that HTTP requests publish reach all connections. */
export interface FanOutPlan extends BuiltInPlan, HeldPlan {
  readonly name: 'fan-out';
  /** Requests a second of all shards together. */
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
  /** Virtual users of this process. */
  readonly recipients: number;
  /** The messages of the plan that this process publishes. */
  readonly stripe: Stripe;
  /** Reports once why messages are not published. */
  readonly complain: (sentence: string) => void;
}

/**
 * Messages that HTTP requests publish at a constant rate to every connection. It is an open model,
 * as `echo` is: the delay to each recipient, and to the last one, counts from when the request was
 * due. Publishing begins when every virtual user has dialled.
 *
 * Each shard of a plan publishes its part of the messages to the recipients of all shards, and
 * measures them at its own recipients only: each delay is taken on one machine's clock.
 */
class FanOutScenario implements Scenario {
  readonly broadcasts: Broadcasts;
  readonly #publisher: Publisher;
  readonly #stamps = new PublishedStamps();
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
  }

  createUser(vu: number): VirtualUser {
    const recipient = this.#recipientsMade;
    this.#recipientsMade += 1;
    return new FanOutUser(this.deps.held, vu, { scenario: this, recipient });
  }

  /** Called when a virtual user's first handshake has succeeded or failed. */
  userDialled(): void {
    this.#dialled += 1;
    if (this.#dialled !== this.deps.recipients) return;
    this.#firstDueMs = this.deps.held.deps.clock.now();
    this.#publishDue();
  }

  takePace(): Pace {
    const begun = this.#count - this.#counted;
    this.#counted = this.#count;
    const { plan, stripe } = this.deps;
    return { begun, planned: this.#isPublishing ? plan.rate * stripeShare(stripe) : 0 };
  }

  end(): void {
    this.#cancelNext();
    this.broadcasts.end();
    this.#publisher.stop();
  }

  arrived(bytes: Uint8Array, start: number, end: number, recipient: number): void {
    const id = this.#stamps.find(bytes, start, end);
    if (id < 0) this.deps.metrics.elsewhere.add(1);
    else this.broadcasts.arrive(id, recipient, this.deps.held.deps.clock.now());
  }

  /** Publishes the messages that were due before the end, while all recipients are connected. */
  publishRest(): void {
    this.#cancelNext();
    if (this.#dialled >= this.deps.recipients) this.#publishDue();
  }

  get #isPublishing(): boolean {
    const { held, recipients } = this.deps;
    return this.#dialled >= recipients && held.deps.clock.now() < held.schedule.endMs;
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
    const id = this.#nextId;
    this.#count += 1;
    const sentMs = held.deps.clock.now();
    this.broadcasts.begin(id, Math.min(dueMs, sentMs), sentMs);
    this.broadcasts.hold();
    void this.#publisher.publish(id, this.#stamps.format(id)).then((problem) => {
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

  /** The next message's number in the whole plan. */
  get #nextId(): number {
    return nthStriped(this.#count, this.deps.stripe);
  }

  get #nextDueMs(): number {
    return this.#firstDueMs + (this.#nextId * SECOND_MS) / this.deps.plan.rate;
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
    this.#place.scenario.arrived(bytes, start, end, this.#place.recipient);
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
  create: (plan, { registry, stripe, complain }) => {
    const held = heldFactory(plan, registry);
    const metrics = deliveryMetrics(registry);
    return (part) => {
      const recipients = part.ownUsers;
      if (recipients === 0) complain(NO_RECIPIENT);
      return new FanOutScenario({
        held: held(part),
        plan,
        metrics: metrics(part.tags),
        recipients,
        stripe,
        complain,
      });
    };
  },
};

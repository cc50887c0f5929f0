import { OPTIONS } from '../options/index.js';
import { CONNECTION_METRICS, heldFactory, HeldUser, readHeld, type HeldDeps, type HeldPlan } from './held-user.js';
import { MessageWriter } from './message-stamp.js';
import { readMessage, type MessagePlan } from './messages.js';
import type { BuiltInDefinition, BuiltInPlan } from './scenario-definition.js';
import type { Scenario, VirtualUser } from './scenario.js';
import type { Session } from './session.js';

/** Settings of `flood`. */
export interface FloodPlan extends BuiltInPlan, MessagePlan, HeldPlan {
  readonly name: 'flood';
}

/**
 * High-water mark of a connection's send buffer: enough to keep it busy, little enough to bound the
 * memory of many.
 */
const MOST_BUFFERED_BYTES = 65_536;
/** Maximum number of messages that a virtual user sends before others have their turn. */
const MOST_AT_ONCE = 64;

/**
 * As many messages as the connections take: the target's read throughput, or the generator's write
 * throughput when its health says so.
 */
class FloodScenario implements Scenario {
  readonly #held: HeldDeps;
  readonly #plan: FloodPlan;

  constructor(held: HeldDeps, plan: FloodPlan) {
    this.#held = held;
    this.#plan = plan;
  }

  createUser(vu: number): VirtualUser {
    return new FloodUser(this.#held, vu, this.#plan);
  }
}

class FloodUser extends HeldUser {
  readonly #message: string | Buffer;
  #isOver = false;

  constructor(held: HeldDeps, vu: number, plan: FloodPlan) {
    super(held, vu);
    const writer = new MessageWriter(vu, plan.size);
    this.#message = plan.isBinary ? writer.binary(0) : writer.text(0);
  }

  onMessage(): void {
    this.held.deps.metrics.messagesReceived.add(1);
  }

  protected opened(session: Session): void {
    this.#isOver = false;
    this.#pump(session);
  }

  protected override closed(): void {
    this.#isOver = true;
  }

  #pump(session: Session): void {
    if (this.#isOver) return;
    for (let sent = 0; sent < MOST_AT_ONCE && session.bufferedBytes < MOST_BUFFERED_BYTES; sent += 1)
      this.#send(session);
    session.onceDrained(() => this.#pump(session));
  }

  #send(session: Session): void {
    if (typeof this.#message === 'string') session.send(this.#message);
    else session.sendBinary(this.#message);
  }
}

export const flood: BuiltInDefinition<FloodPlan> = {
  name: 'flood',
  options: [OPTIONS.size, OPTIONS.binary, OPTIONS.connectRate],
  metrics: CONNECTION_METRICS,
  executors: 'held',
  read: (options) => ({ name: 'flood', ...readMessage(options), ...readHeld(options) }),
  create: (plan, { registry }) => {
    const held = heldFactory(plan, registry);
    return (part) => new FloodScenario(held(part), plan);
  },
};

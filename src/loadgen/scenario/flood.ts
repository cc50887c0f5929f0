import { HeldUser, type HeldContext } from './held-user.js';
import type { Scenario, VirtualUser } from './scenario.js';
import type { FloodPlan } from './built-in-plan.js';
import { MessageWriter } from './message-stamp.js';
import type { Session } from './session.js';

/** Connections that do nothing: how many a target holds, and what they cost. */
export class IdleScenario implements Scenario {
  readonly #held: HeldContext;

  constructor(held: HeldContext) {
    this.#held = held;
  }

  createUser(vu: number): VirtualUser {
    return new IdleUser(this.#held, vu);
  }
}

class IdleUser extends HeldUser {
  onMessage(): void {
    this.held.context.metrics.messagesReceived.add(1);
  }

  protected opened(): void {
    // It is there, and that is all.
  }
}

/**
 * What a connection may hold that has not reached the system: enough to keep it busy, little enough
 * to bound the memory of many.
 */
const MOST_BUFFERED_BYTES = 65_536;
/** Messages of one virtual user before others have their turn. */
const MOST_AT_ONCE = 64;

/**
 * As many messages as the connections take: what a target can read, or, when health says so, what
 * the generator can write.
 */
export class FloodScenario implements Scenario {
  readonly #held: HeldContext;
  readonly #plan: FloodPlan;

  constructor(held: HeldContext, plan: FloodPlan) {
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

  constructor(held: HeldContext, vu: number, plan: FloodPlan) {
    super(held, vu);
    const writer = new MessageWriter(vu, plan.size);
    this.#message = plan.isBinary ? writer.binary(0) : writer.text(0);
  }

  onMessage(): void {
    this.held.context.metrics.messagesReceived.add(1);
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

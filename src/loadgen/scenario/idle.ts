import { OPTIONS } from '../options/index.js';
import { CONNECTION_METRICS, heldFactory, HeldUser, readHeld, type HeldDeps, type HeldPlan } from './held-user.js';
import type { BuiltInDefinition, BuiltInPlan } from './scenario-definition.js';
import type { Scenario, VirtualUser } from './scenario.js';

/** Settings of `idle`. */
export interface IdlePlan extends BuiltInPlan, HeldPlan {
  readonly name: 'idle';
}

/** Connections a second that a listen backlog of 511 takes without loss. */
const DEFAULT_CONNECT_RATE = 1000;

/** Connections that do nothing: how many a target holds, and what they cost. */
class IdleScenario implements Scenario {
  readonly #held: HeldDeps;

  constructor(held: HeldDeps) {
    this.#held = held;
  }

  createUser(vu: number): VirtualUser {
    return new IdleUser(this.#held, vu);
  }
}

class IdleUser extends HeldUser {
  onMessage(): void {
    this.held.deps.metrics.messagesReceived.add(1);
  }

  protected opened(): void {
    // An idle connection does nothing.
  }
}

export const idle: BuiltInDefinition<IdlePlan> = {
  name: 'idle',
  options: [OPTIONS.connectRate],
  metrics: CONNECTION_METRICS,
  executors: 'held',
  read: (options) => ({ name: 'idle', ...readHeld(options, DEFAULT_CONNECT_RATE) }),
  create: (plan, { registry }) => {
    const held = heldFactory(plan, registry);
    return (part) => new IdleScenario(held(part));
  },
};

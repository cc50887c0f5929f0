import { HeldUser, type HeldContext } from './held-user.js';
import type { Scenario, VirtualUser } from './scenario.js';

/** Connections that do nothing: how many a target holds, and what they cost. */
export class IdleScenario implements Scenario {
  constructor(private readonly held: HeldContext) {}

  createUser(vu: number): VirtualUser {
    return new IdleUser(this.held, vu);
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

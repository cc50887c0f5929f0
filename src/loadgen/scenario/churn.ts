import type { IterationTicket } from '../executor/executor.js';
import type { MessageSink } from '../client/frame-walker.js';
import type { CheckRecorder } from '../metric/check-recorder.js';
import { constantArrivalsOf } from '../executor/constant-arrival-rate.js';
import { isConstantVus } from '../executor/constant-vus.js';
import { OPTIONS } from '../options/index.js';
import type { BuiltInDefinition, BuiltInPlan } from './scenario-definition.js';
import type { Scenario, UserDeps, VirtualUser } from './scenario.js';
import { Session } from './session.js';

const SWITCHING_PROTOCOLS = 101;
const DEFAULT_RATE = 100;

/** Settings of `churn`. */
export interface ChurnPlan extends BuiltInPlan {
  readonly name: 'churn';
  /** Connections a second, all virtual users together. */
  readonly rate: number;
  /** Lifetime of a connection: milliseconds. */
  readonly holdMs: number;
}

/**
 * Connections that open at a rate, are held and close: the cost of a handshake. `ws_connecting`
 * counts from when a connection was due.
 */
class ChurnScenario implements Scenario {
  readonly #deps: UserDeps;
  readonly #plan: ChurnPlan;
  readonly #statusCheck: CheckRecorder;

  constructor(deps: UserDeps, plan: ChurnPlan, statusCheck: CheckRecorder) {
    this.#deps = deps;
    this.#plan = plan;
    this.#statusCheck = statusCheck;
  }

  createUser(vu: number): VirtualUser {
    return new ChurnUser(this.#deps, { vu, holdMs: this.#plan.holdMs }, this.#statusCheck);
  }
}

class ChurnUser implements VirtualUser, MessageSink {
  #session: Session | undefined;
  #cancelClose: () => void = () => undefined;

  readonly #deps: UserDeps;
  readonly #place: { readonly vu: number; readonly holdMs: number };
  readonly #statusCheck: CheckRecorder;

  constructor(deps: UserDeps, place: { readonly vu: number; readonly holdMs: number }, statusCheck: CheckRecorder) {
    this.#deps = deps;
    this.#place = place;
    this.#statusCheck = statusCheck;
  }

  onMessage(): void {
    this.#deps.metrics.messagesReceived.add(1);
  }

  async iterate({ dueMs }: IterationTicket): Promise<boolean> {
    const session = new Session(this.#deps, this, { vu: this.#place.vu, dialDueMs: dueMs });
    this.#session = session;
    const { wasInterrupted, status } = await session.run(() => this.#hold(session));
    this.#cancelClose();
    if (wasInterrupted) return false;
    this.#statusCheck.add(status === SWITCHING_PROTOCOLS);
    return true;
  }

  interrupt(): void {
    this.#session?.interrupt();
  }

  #hold(session: Session): void {
    const { holdMs } = this.#place;
    if (holdMs === 0) session.close();
    else this.#cancelClose = this.#deps.clock.schedule(() => session.close(), holdMs);
  }
}

export const churn: BuiltInDefinition<ChurnPlan> = {
  name: 'churn',
  options: [OPTIONS.rate, OPTIONS.hold],
  metrics: [],
  executors: 'any',
  read: (options) => ({
    name: 'churn',
    rate: options.value(OPTIONS.rate, DEFAULT_RATE),
    holdMs: options.value(OPTIONS.hold, 0),
  }),
  // Looping virtual users become a pool for connections at a rate.
  fit: ({ rate }, scenario) => (isConstantVus(scenario) ? constantArrivalsOf(scenario, rate) : scenario),
  create: (plan) => (part) => new ChurnScenario(part.deps, plan, part.checks('status is 101')),
};

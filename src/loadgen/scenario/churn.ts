import type { IterationTicket } from '../executor/executor.js';
import type { MessageSink } from '../client/frame-walker.js';
import type { CheckRecorder } from '../metric/check-recorder.js';
import type { ChurnPlan } from './built-in-plan.js';
import type { Scenario, UserContext, VirtualUser } from './scenario.js';
import { Session } from './session.js';

const SWITCHING_PROTOCOLS = 101;

/**
 * Connections that come at a rate, are held and go: what a target needs for a handshake.
 * `ws_connecting` counts from when one was due.
 */
export class ChurnScenario implements Scenario {
  readonly #context: UserContext;
  readonly #plan: ChurnPlan;
  readonly #statusCheck: CheckRecorder;

  constructor(context: UserContext, plan: ChurnPlan, statusCheck: CheckRecorder) {
    this.#context = context;
    this.#plan = plan;
    this.#statusCheck = statusCheck;
  }

  createUser(vu: number): VirtualUser {
    return new ChurnUser(this.#context, { vu, holdMs: this.#plan.holdMs }, this.#statusCheck);
  }
}

class ChurnUser implements VirtualUser, MessageSink {
  #session: Session | undefined;
  #cancelClose: () => void = () => undefined;

  readonly #context: UserContext;
  readonly #place: { readonly vu: number; readonly holdMs: number };
  readonly #statusCheck: CheckRecorder;

  constructor(
    context: UserContext,
    place: { readonly vu: number; readonly holdMs: number },
    statusCheck: CheckRecorder,
  ) {
    this.#context = context;
    this.#place = place;
    this.#statusCheck = statusCheck;
  }

  onMessage(): void {
    this.#context.metrics.messagesReceived.add(1);
  }

  async iterate({ dueMs }: IterationTicket): Promise<boolean> {
    const session = new Session(this.#context, this, { vu: this.#place.vu, dialDueMs: dueMs });
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
    else this.#cancelClose = this.#context.clock.schedule(() => session.close(), holdMs);
  }
}

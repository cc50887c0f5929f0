import type { Clock } from '../../core/clock.js';
import { type Tags, withMetadata } from '../metric/series.js';
import { executorOf, maxScenarioMs, startingTimeMs } from '../executor/index.js';
import type { ScenarioPlan } from '../executor/scenario-plan.js';
import type { ScriptUser } from './script-user.js';
import type { ScenarioView } from './runtime/vu-context.js';
import type { Scenario, VirtualUser } from '../scenario/scenario.js';
import type { ScriptRunner } from './script-runner.js';

/** Options and collaborators of a script scenario. */
export interface ScriptScenarioOptions {
  readonly script: ScriptRunner;
  readonly plan: ScenarioPlan;
  readonly tags: Tags;
  readonly clock: Clock;
  /** Clock time at which the executors began. */
  readonly startMs: () => number;
  /** Completed iterations in all threads. */
  readonly iterations: () => number;
}

/** A scenario of a script: its virtual users call the `exec` function. */
export class ScriptScenario implements Scenario {
  readonly #prepared = new Map<number, ScriptUser>();
  readonly #state: ScenarioView;

  readonly #options: ScriptScenarioOptions;

  constructor(options: ScriptScenarioOptions) {
    this.#options = options;
    const { plan, startMs } = options;
    this.#state = {
      name: plan.name,
      executor: plan.executor,
      startMs: () => startMs() + plan.startTimeMs,
      progress: () => this.#progress(),
    };
  }

  /**
   * Creates these virtual users and runs the script's top level in each, so that iterations do not
   * spend time on it.
   */
  async prepare(numbers: readonly number[]): Promise<void> {
    for (const number of numbers) {
      const user = this.#create(number);
      await user.prepare();
      this.#prepared.set(number, user);
    }
  }

  createUser(vu: number): VirtualUser {
    const known = this.#prepared.get(vu);
    this.#prepared.delete(vu);
    return known ?? this.#create(vu);
  }

  #create(number: number): ScriptUser {
    const { script, plan, tags, startMs } = this.#options;
    const { exec, env } = plan;
    const own = script.thread.systemTags.has('vu') ? withMetadata(tags, 'vu', String(number)) : tags;
    const deadlineMs = (): number => (startMs() > 0 ? startMs() + maxScenarioMs(plan) : Infinity);
    return script.createUser(number, { exec, env, tags: own, state: this.#state, deadlineMs });
  }

  #progress(): number {
    const { plan, clock, iterations } = this.#options;
    const planned = executorOf(plan).iterations(plan);
    const share =
      planned === undefined ? (clock.now() - this.#state.startMs()) / startingTimeMs(plan) : iterations() / planned;
    return Math.min(1, Math.max(0, share));
  }
}

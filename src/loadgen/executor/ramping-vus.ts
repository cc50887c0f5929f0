import { shareOf } from '../pacing/shard.js';
import { formatGoDuration } from '../../core/duration.js';
import { mostVus, plannedVus, stagesMs, vuSteps, type Stage, type VuStep } from '../pacing/stages.js';
import { ExecutorBase } from './executor-base.js';
import type { ExecutorDefinition } from './executor-definition.js';
import type { ScenarioPlan } from './scenario-plan.js';
import { DEFAULT_RAMP_DOWN_MS, viewStages } from './scenario-settings.js';

/** Settings of `ramping-vus`: a number of virtual users that follows stages. */
export interface RampingVusPlan extends ScenarioPlan {
  readonly executor: 'ramping-vus';
  readonly startVus: number;
  readonly stages: readonly Stage[];
  /** Grace period of an iteration whose virtual user is no longer planned: milliseconds. */
  readonly gracefulRampDownMs: number;
}

/**
 * The state of a virtual user: whether it may iterate, and the timer that interrupts its last
 * iteration.
 */
interface Place {
  isPlanned: boolean;
  loop: Promise<void> | undefined;
  cancelInterrupt: () => void;
}

/**
 * k6's ramping-vus: the number of looping virtual users follows the stages. A virtual user that is
 * no longer planned ends its iteration within the graceful ramp-down, and continues if it is
 * planned again before that.
 */
class RampingVus extends ExecutorBase<RampingVusPlan> {
  readonly #places: Place[] = [];
  readonly #steps = vuSteps(this.plan.startVus, this.plan.stages);
  #cancelStep: () => void = () => undefined;
  #endSteps: () => void = () => undefined;

  get allocatedVus(): number {
    return shareOf(mostVus(this.plan.startVus, this.plan.stages), this.deps.shard);
  }

  protected get startingMs(): number {
    return stagesMs(this.plan.stages);
  }

  protected async drive(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#endSteps = resolve;
      this.#follow();
    });
    await Promise.all(this.#places.flatMap(({ loop }) => loop ?? []));
  }

  protected stopDriving(): void {
    this.#cancelStep();
    this.#endSteps();
  }

  /**
   * Takes every step that is due, then waits for the next one. After the last step the stages end
   * by themselves.
   */
  #follow(): void {
    for (let step = this.#nextStep(); step !== undefined; step = this.#nextStep()) {
      const delayMs = step.atMs - this.elapsedMs;
      if (delayMs > 0) {
        const { vus } = step;
        this.#cancelStep = this.deps.clock.schedule(() => {
          this.#adopt(vus);
          this.#follow();
        }, delayMs);
        return;
      }
      this.#adopt(step.vus);
    }
  }

  #nextStep(): VuStep | undefined {
    const { done, value } = this.#steps.next();
    return done === true ? undefined : value;
  }

  #adopt(vus: number): void {
    const planned = shareOf(vus, this.deps.shard);
    while (this.#places.length < planned) {
      this.#places.push({ isPlanned: false, loop: undefined, cancelInterrupt: () => undefined });
    }
    this.#places.forEach((place, user) => {
      if (user < planned && !place.isPlanned) this.#admit(place, user);
      else if (user >= planned && place.isPlanned) this.#dismiss(place, user);
    });
  }

  #admit(place: Place, user: number): void {
    place.isPlanned = true;
    place.cancelInterrupt();
    place.loop ??= this.#loop(place, user).finally(() => {
      place.loop = undefined;
    });
  }

  #dismiss(place: Place, user: number): void {
    place.isPlanned = false;
    const { clock, runner } = this.deps;
    place.cancelInterrupt = clock.schedule(() => runner.interrupt(user), this.plan.gracefulRampDownMs);
  }

  async #loop(place: Place, user: number): Promise<void> {
    this.activeVus += 1;
    while (this.mayStart && place.isPlanned) {
      await this.iterate(user, this.deps.clock.now());
      const turn = this.deps.slices.over();
      if (turn !== undefined) await turn;
    }
    place.cancelInterrupt();
    this.activeVus -= 1;
  }
}

export const rampingVus: ExecutorDefinition<RampingVusPlan> = {
  name: 'ramping-vus',
  keys: ['startVUs', 'stages', 'gracefulRampDown'],
  model: 'closed',
  holdsConnections: true,
  read: (settings, base) => {
    const startVus = settings.integer('startVUs', { least: 0, otherwise: 1 });
    const stages = settings.requiredStages();
    if (startVus === 0 && stages.length > 0 && stages.every(({ target }) => target === 0)) {
      settings.complain('startVUs', 'neither it nor the target of a stage is greater than 0');
    }
    const gracefulRampDownMs = settings.duration('gracefulRampDown', { leastMs: 0, otherwise: DEFAULT_RAMP_DOWN_MS });
    return { ...base, executor: 'ramping-vus', startVus, stages, gracefulRampDownMs };
  },
  view: ({ startVus, stages, gracefulRampDownMs }) => ({
    startVUs: startVus,
    stages: viewStages(stages),
    gracefulRampDown: formatGoDuration(gracefulRampDownMs),
  }),
  describe: ({ startVus, stages, gracefulRampDownMs }) => {
    const duration = formatGoDuration(stagesMs(stages));
    return {
      load: `Up to ${mostVus(startVus, stages)} looping VUs for ${duration} over ${stages.length} stages`,
      fact: `gracefulRampDown: ${formatGoDuration(gracefulRampDownMs)}`,
    };
  },
  progress: () => ({ kind: 'ramping' }),
  startingMs: ({ stages }) => stagesMs(stages),
  maxVus: ({ startVus, stages }) => mostVus(startVus, stages),
  initialVus: ({ startVus, stages }) => mostVus(startVus, stages),
  iterations: () => undefined,
  plannedAt: ({ startVus, stages }, elapsedMs) => plannedVus(startVus, stages, elapsedMs),
  mostPlanned: ({ startVus, stages }) => mostVus(startVus, stages),
  scale: (plan, { countOf }) => ({
    ...plan,
    startVus: countOf(plan.startVus),
    stages: plan.stages.map((stage) => ({ ...stage, target: countOf(stage.target) })),
  }),
  create: (plan, deps) => new RampingVus(plan, deps),
};

import { shareOf } from '../pacing/shard.js';
import { mostVus, vuSteps, type VuStep } from '../pacing/stages.js';
import type { RampingVusPlan } from './scenario-plan.js';
import { ExecutorBase } from './executor-base.js';

/**
 * A virtual user's place: whether it may iterate, and what ends its last iteration when it no
 * longer may.
 */
interface Place {
  isPlanned: boolean;
  loop: Promise<void> | undefined;
  cancelInterrupt: () => void;
}

/**
 * k6's ramping-vus: the number of looping virtual users follows the stages. One that is no longer
 * planned ends its iteration within the graceful ramp-down, and goes on when it is planned again
 * before.
 */
export class RampingVus extends ExecutorBase<RampingVusPlan> {
  readonly #places: Place[] = [];
  readonly #steps = vuSteps(this.plan.startVus, this.plan.stages);
  #cancelStep: () => void = () => undefined;
  #endSteps: () => void = () => undefined;

  get allocatedVus(): number {
    return shareOf(mostVus(this.plan.startVus, this.plan.stages), this.context.shard);
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
   * Takes every step that is due, then waits for the next; behind the last one the time of the
   * stages is up anyway.
   */
  #follow(): void {
    for (let step = this.#nextStep(); step !== undefined; step = this.#nextStep()) {
      const delayMs = step.atMs - this.elapsedMs;
      if (delayMs > 0) {
        const { vus } = step;
        this.#cancelStep = this.context.clock.schedule(() => {
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
    const planned = shareOf(vus, this.context.shard);
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
    const { clock, runner } = this.context;
    place.cancelInterrupt = clock.schedule(() => runner.interrupt(user), this.plan.gracefulRampDownMs);
  }

  async #loop(place: Place, user: number): Promise<void> {
    this.activeVus += 1;
    while (this.mayStart && place.isPlanned) {
      await this.iterate(user, this.context.clock.now());
      const turn = this.context.slices.over();
      if (turn !== undefined) await turn;
    }
    place.cancelInterrupt();
    this.activeVus -= 1;
  }
}

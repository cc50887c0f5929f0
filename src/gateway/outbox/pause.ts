import type { Clock } from '../../core/clock.js';

/** A wait that can be cut short. */
export class Pause {
  #end: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  /** Resolves after `delayMs`, or when `end` is called. One at a time. */
  async wait(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.clock.schedule(resolve, delayMs);
      this.#end = () => {
        cancel();
        resolve();
      };
    });
    this.#end = undefined;
  }

  /** Does nothing while nobody waits. */
  end(): void {
    this.#end?.();
  }
}

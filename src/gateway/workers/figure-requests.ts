import type { Clock } from '../../core/clock.js';
import type { FrameLink } from './frame-link.js';
import { LINK_KIND } from './link-frames.js';
import { PendingCalls } from './pending-calls.js';

export interface FigureRequestsDeps {
  readonly clock: Clock;
  /** Called with each worker's figures, as the worker's JSON has them. */
  readonly onFigures: (worker: number, figures: unknown) => void;
  /** Called when a worker did not answer in time. */
  readonly onSilent: (worker: number) => void;
  readonly onGone: (worker: number) => void;
}

const DEADLINE_MS = 1_000;

/** Asks workers for their figures, and takes those that they send by themselves. */
export class FigureRequests {
  readonly #deps: FigureRequestsDeps;
  readonly #links = new Map<number, FrameLink>();
  readonly #pending: PendingCalls<true>;

  constructor(deps: FigureRequestsDeps) {
    this.#deps = deps;
    this.#pending = new PendingCalls(deps.clock, DEADLINE_MS, deps.onSilent);
  }

  attach(link: FrameLink): void {
    const { worker } = link;
    this.#links.set(worker, link);
    link.handle(LINK_KIND.figures, ({ call, body }) => {
      this.#deps.onFigures(worker, JSON.parse(Buffer.from(body).toString()));
      this.#pending.answered(call, worker, true);
    });
    link.onClosed(() => {
      if (this.#links.get(worker) === link) this.#links.delete(worker);
      this.#pending.gone(worker);
      this.#deps.onGone(worker);
    });
  }

  /** Resolves once every worker has answered, after at most a second. */
  async refresh(): Promise<void> {
    const call = this.#pending.nextNumber();
    for (const link of this.#links.values()) if (link.hasRoom) link.send({ kind: LINK_KIND.figures, call });
    await this.#pending.wait(call, new Set(this.#links.keys()), []);
  }

  stop(): void {
    this.#pending.stop();
  }
}

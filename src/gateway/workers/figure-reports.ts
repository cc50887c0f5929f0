import type { Clock } from '../../core/clock.js';
import type { FrameLink } from './frame-link.js';
import { LINK_KIND } from './link-frames.js';

export interface FigureReportsDeps {
  readonly link: FrameLink;
  /** The figures now, as JSON can hold them. `lagMs`: how late the last timer fired. */
  readonly read: (lagMs: number) => unknown;
  readonly clock: Clock;
}

const REPORT_EACH_MS = 1_000;

/**
 * Sends a worker's figures to the supervisor when it asks, and each second, so that it knows what a
 * worker counted that was killed.
 */
export class FigureReports {
  readonly #deps: FigureReportsDeps;
  #cancel: () => void = () => undefined;
  #lagMs = 0;

  constructor(deps: FigureReportsDeps) {
    this.#deps = deps;
    const { link } = deps;
    link.handle(LINK_KIND.figures, ({ call }) => this.#report(call));
    link.onClosed(() => this.#cancel());
    this.#schedule();
  }

  #schedule(): void {
    const { clock } = this.#deps;
    const dueAt = clock.now() + REPORT_EACH_MS;
    this.#cancel = clock.schedule(() => {
      this.#lagMs = clock.now() - dueAt;
      this.#report(0);
      this.#schedule();
    }, REPORT_EACH_MS);
  }

  #report(call: number): void {
    const { link, read } = this.#deps;
    link.send({ kind: LINK_KIND.figures, call, body: Buffer.from(JSON.stringify(read(this.#lagMs))) });
  }
}

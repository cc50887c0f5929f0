import type { Clock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import type { LocalBus } from '../bus/local-bus.js';
import { applyCall } from '../calls/apply-call.js';
import { FRAME_KIND, type Frame } from '../calls/frame.js';
import { decodeCall, encodeAnswer, type CallAnswer, type RemoteCall } from '../calls/remote-call.js';
import type { FrameLink } from './frame-link.js';
import { LINK_FLAG, LINK_KIND } from './link-frames.js';
import { OpenListings, type ListingPage } from './open-listings.js';

export interface WorkerCallsDeps {
  readonly link: FrameLink;
  /** The connections of this worker. It must have been started. */
  readonly bus: LocalBus;
  readonly clock: Clock;
}

/** Carries out the calls of the supervisor on the connections of this worker, in their order. */
export class WorkerCalls {
  readonly #link: FrameLink;
  readonly #bus: LocalBus;
  readonly #listings: OpenListings;

  constructor({ link, bus, clock }: WorkerCallsDeps) {
    this.#link = link;
    this.#bus = bus;
    this.#listings = new OpenListings(clock);
    link.handle(FRAME_KIND.call, (frame) => this.#apply(frame));
    link.handle(LINK_KIND.page, (frame) => this.#turnPage(frame));
    link.onClosed(() => this.#listings.endAll());
  }

  /** Hot: runs once for each call. Nothing is awaited for a message. */
  #apply(frame: Frame): void {
    const { call: number } = frame;
    try {
      const call = decodeCall(frame);
      if (call?.op === 'status') {
        this.#answerPage(number, this.#listings.first(number, this.#bus.status(call.request)));
        return;
      }
      const answer = this.#answerOf(call, (frame.flags & LINK_FLAG.dryRun) !== 0);
      if (answer instanceof Promise) {
        void answer.then(
          (given) => this.#answer(number, given),
          (error: unknown) => this.#fail(number, error),
        );
      } else this.#answer(number, answer);
    } catch (error) {
      this.#fail(number, error);
    }
  }

  #answerOf(call: RemoteCall | undefined, isDryRun: boolean): CallAnswer | Promise<CallAnswer> {
    if (call === undefined) return { outcome: 'unsupported', reason: 'this version does not know the operation' };
    if (!isDryRun || call.op !== 'settags') return applyCall(this.#bus, call);
    const reason = this.#bus.tagsRefusal(call.selector, call.changes);
    return reason === undefined ? { outcome: 'done', count: 0 } : { outcome: 'refused', reason };
  }

  #turnPage({ call, flags }: Frame): void {
    if ((flags & LINK_FLAG.end) !== 0) this.#listings.end(call);
    else this.#answerPage(call, this.#listings.next(call));
  }

  #answerPage(number: number, page: Promise<ListingPage>): void {
    void page.then(
      ({ connections, hasMore }) =>
        this.#answer(number, { outcome: 'done', count: connections.length, connections }, hasMore ? LINK_FLAG.more : 0),
      (error: unknown) => this.#fail(number, error),
    );
  }

  #answer(call: number, answer: CallAnswer, flags = 0): void {
    this.#link.send({ kind: FRAME_KIND.answer, flags, call, body: encodeAnswer(answer) });
  }

  #fail(call: number, error: unknown): void {
    this.#answer(call, { outcome: 'refused', reason: errorMessage(error) });
  }
}

import type { Clock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import type { Bus, CallOptions } from '../bus/bus.js';
import { FRAME_FLAG, FRAME_KIND, type Frame } from '../calls/frame.js';
import { decodeCall, type RemoteCall } from '../calls/remote-call.js';
import type { FrameLink } from './frame-link.js';
import { LINK_FLAG, LINK_KIND } from './link-frames.js';
import { OpenListings } from './open-listings.js';
import { batchFields, encodeRelayed, outcomeFields, pageFields, treeFields } from './relayed-answer.js';

export interface RelayedCallsDeps {
  /** The bus that reaches all connections: of all workers, and of all nodes in a cluster. */
  readonly bus: Bus;
  readonly clock: Clock;
}

type Fields = Parameters<typeof encodeRelayed>[0];

/** Carries out the calls that workers accepted on the public port, in the order of arrival. */
export class RelayedCalls {
  readonly #bus: Bus;
  readonly #clock: Clock;

  constructor({ bus, clock }: RelayedCallsDeps) {
    this.#bus = bus;
    this.#clock = clock;
  }

  attach(link: FrameLink): void {
    const listings = new OpenListings(this.#clock);
    const reply = (call: number, answer: () => Promise<Fields>): void => void this.#reply(link, call, answer);
    link.handle(FRAME_KIND.call, (frame) => reply(frame.call, () => this.#apply(frame, listings)));
    link.handle(LINK_KIND.page, ({ call, flags }) => {
      if ((flags & LINK_FLAG.end) !== 0) listings.end(call);
      else reply(call, async () => pageFields(await listings.next(call)));
    });
    link.onClosed(() => listings.endAll());
  }

  async #reply(link: FrameLink, call: number, answer: () => Promise<Fields>): Promise<void> {
    let fields: Fields;
    try {
      fields = await answer();
    } catch (error) {
      fields = { error: errorMessage(error) };
    }
    link.send({ kind: FRAME_KIND.answer, call, body: encodeRelayed(fields) });
  }

  /** Begins the call before it returns, so that calls keep their order. */
  async #apply(frame: Frame, listings: OpenListings): Promise<Fields> {
    const call = decodeCall(frame);
    if (call === undefined) throw new Error(`the operation ${frame.op} is unknown`);
    if (call.op === 'status') return pageFields(await listings.first(frame.call, this.#bus.status(call.request)));
    const options: CallOptions = {
      deadlineMs: frame.deadlineMs === 0 ? undefined : frame.deadlineMs,
      wait: (frame.flags & FRAME_FLAG.wantsAnswer) !== 0,
    };
    return this.#carryOut(call, options);
  }

  async #carryOut(call: Exclude<RemoteCall, { op: 'status' }>, options: CallOptions): Promise<Fields> {
    switch (call.op) {
      case 'send':
        return outcomeFields(await this.#bus.send(call.selector, call.message, options));
      case 'batch':
        return batchFields(await this.#bus.sendBatch(call.items, options));
      case 'settags':
        return outcomeFields(await this.#bus.setTags(call.selector, call.changes, options));
      case 'close':
        return outcomeFields(await this.#bus.close(call.selector, call.message, options));
      case 'tree':
        return treeFields(await this.#bus.tree());
      case 'knowsKey':
        return { isKnown: await this.#bus.knowsTagKey(call.key) };
    }
  }
}

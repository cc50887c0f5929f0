import type {
  BatchItem,
  BatchOutcome,
  Bus,
  CallOptions,
  CallOutcome,
  ConnectionStatus,
  StatusListing,
  StatusRequest,
  TagChanges,
  TreeOutcome,
} from '../bus/bus.js';
import { FRAME_FLAG, FRAME_KIND } from '../calls/frame.js';
import { encodeCall, type RemoteCall } from '../calls/remote-call.js';
import type { Selector } from '../tag-index/parse-selector.js';
import type { OutboundMessage } from '../transport/socket.js';
import type { FrameLink, OutgoingFrame } from './frame-link.js';
import { LINK_FLAG, LINK_KIND } from './link-frames.js';
import { decodeRelayed, type RelayedAnswer } from './relayed-answer.js';

const MOST_CALLS = 2 ** 32;

interface WaitingCall {
  readonly resolve: (body: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The bus of a worker for calls on its public port: hands them to the supervisor, which puts the
 * calls of all workers into one order and answers when they are carried out.
 */
export class RelayBus implements Bus {
  readonly #link: FrameLink;
  readonly #waiting = new Map<number, WaitingCall>();
  #last = 0;

  constructor(link: FrameLink) {
    this.#link = link;
    link.handle(FRAME_KIND.answer, ({ call, body }) => {
      const waiting = this.#waiting.get(call);
      this.#waiting.delete(call);
      waiting?.resolve(body);
    });
    link.onClosed((reason) => {
      const waiting = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const { reject } of waiting) reject(new Error(`the supervisor has gone: ${reason}`));
    });
  }

  async start(): Promise<void> {
    // The connections of this worker have a bus of their own.
  }

  async stop(): Promise<void> {
    // The same.
  }

  async send(selector: Selector, message: OutboundMessage, options?: CallOptions): Promise<CallOutcome> {
    return outcomeOf(await this.#ask({ op: 'send', selector, message }, options));
  }

  async sendBatch(items: readonly BatchItem[], options?: CallOptions): Promise<BatchOutcome> {
    const { totals, silent, refused } = await this.#ask({ op: 'batch', items }, options);
    return { totals, silent, refused: new Map(refused) };
  }

  async setTags(selector: Selector, changes: TagChanges, options?: CallOptions): Promise<CallOutcome> {
    return outcomeOf(await this.#ask({ op: 'settags', selector, changes }, options));
  }

  async close(selector: Selector, message: OutboundMessage | undefined, options?: CallOptions): Promise<CallOutcome> {
    return outcomeOf(await this.#ask({ op: 'close', selector, message }, options));
  }

  status(request: StatusRequest): StatusListing {
    const silent: string[] = [];
    return { pages: this.#pages(request, silent), silent: () => silent };
  }

  async knowsTagKey(key: string): Promise<boolean> {
    return (await this.#ask({ op: 'knowsKey', key })).isKnown;
  }

  async tree(): Promise<TreeOutcome> {
    const { tree, silent } = await this.#ask({ op: 'tree' });
    return { tree: new Map(tree), silent };
  }

  async *#pages(request: StatusRequest, silent: string[]): AsyncGenerator<readonly ConnectionStatus[]> {
    const call = this.#nextNumber();
    let hasMore = true;
    try {
      let frame: OutgoingFrame = { kind: FRAME_KIND.call, call, ...encodeCall({ op: 'status', request }) };
      while (hasMore) {
        const answer = decodeRelayed(await this.#exchange(call, frame));
        hasMore = answer.hasMore;
        silent.splice(0, silent.length, ...answer.silent);
        if (answer.connections.length > 0) yield answer.connections.map(([id, tags]) => ({ id, tags: new Map(tags) }));
        frame = { kind: LINK_KIND.page, call };
      }
    } finally {
      if (hasMore) this.#link.send({ kind: LINK_KIND.page, flags: LINK_FLAG.end, call });
    }
  }

  async #ask(call: RemoteCall, { deadlineMs = 0, wait = true }: CallOptions = {}): Promise<RelayedAnswer> {
    const { op, flags, body } = encodeCall(call);
    const number = this.#nextNumber();
    const wish = wait ? FRAME_FLAG.wantsAnswer : 0;
    const frame = { kind: FRAME_KIND.call, op, flags: flags | wish, call: number, deadlineMs, body };
    return decodeRelayed(await this.#exchange(number, frame));
  }

  #exchange(call: number, frame: OutgoingFrame): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#link.isClosed) {
        reject(new Error('the supervisor has gone'));
        return;
      }
      this.#waiting.set(call, { resolve, reject });
      this.#link.send(frame);
    });
  }

  #nextNumber(): number {
    do this.#last = (this.#last + 1) % MOST_CALLS;
    while (this.#waiting.has(this.#last));
    return this.#last;
  }
}

function outcomeOf({ counts, silent, refused }: RelayedAnswer): CallOutcome {
  return { counts: new Map(counts), silent, refused: new Map(refused) };
}

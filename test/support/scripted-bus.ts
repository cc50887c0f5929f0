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
} from '../../src/gateway/bus/bus.js';
import type { Selector } from '../../src/gateway/tag-index/parse-selector.js';
import { formatSelector } from '../../src/gateway/tag-index/format-selector.js';
import type { OutboundMessage } from '../../src/gateway/transport/socket.js';

/** One call that a `ScriptedBus` got. */
export interface RecordedCall {
  readonly op: string;
  readonly selector: string;
  readonly options: CallOptions | undefined;
}

/** Creates the outcome of a call from counts by node. */
export function outcomeOf(
  counts: Readonly<Record<string, number>>,
  silent: readonly string[] = [],
  refused: Readonly<Record<string, string>> = {},
): CallOutcome {
  return { counts: new Map(Object.entries(counts)), silent, refused: new Map(Object.entries(refused)) };
}

/** A bus of several nodes that gives the outcomes that a test sets, and records the calls. */
export class ScriptedBus implements Bus {
  readonly calls: RecordedCall[] = [];
  readonly items: BatchItem[] = [];
  outcome: CallOutcome = outcomeOf({ '0001': 0 });
  pages: readonly (readonly ConnectionStatus[])[] = [];
  #isListed = false;

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  send(selector: Selector, _message: OutboundMessage, options?: CallOptions): CallOutcome {
    return this.#record('send', selector, options);
  }

  async setTags(selector: Selector, _changes: TagChanges, options?: CallOptions): Promise<CallOutcome> {
    return this.#record('settags', selector, options);
  }

  async close(selector: Selector, _message: OutboundMessage | undefined, options?: CallOptions): Promise<CallOutcome> {
    return this.#record('close', selector, options);
  }

  /** The totals are 1, 2, 3 and so on. */
  async sendBatch(items: readonly BatchItem[], options?: CallOptions): Promise<BatchOutcome> {
    this.items.push(...items);
    this.calls.push({
      op: 'batch',
      selector: items.map(({ selector }) => formatSelector(selector)).join(' '),
      options,
    });
    const { silent, refused } = this.outcome;
    return { totals: items.map((_, index) => index + 1), silent, refused };
  }

  status(request: StatusRequest): StatusListing {
    this.calls.push({ op: 'status', selector: formatSelector(request.selector), options: undefined });
    return { pages: this.#listed(), silent: () => (this.#isListed ? this.outcome.silent : []) };
  }

  async knowsTagKey(): Promise<boolean> {
    return true;
  }

  async tree(): Promise<TreeOutcome> {
    return { tree: new Map([['foo', ['bar']]]), silent: this.outcome.silent };
  }

  async *#listed(): AsyncGenerator<readonly ConnectionStatus[]> {
    yield* this.pages;
    this.#isListed = true;
  }

  #record(op: string, selector: Selector, options: CallOptions | undefined): CallOutcome {
    this.calls.push({ op, selector: formatSelector(selector), options });
    return this.outcome;
  }
}

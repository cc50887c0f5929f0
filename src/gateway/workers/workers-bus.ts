import type { Clock } from '../../core/clock.js';
import {
  ownBatchOutcome,
  ownOutcome,
  type BatchItem,
  type BatchOutcome,
  type Bus,
  type CallOptions,
  type CallOutcome,
  type StatusListing,
  type StatusRequest,
  type TagChanges,
  type TreeOutcome,
} from '../bus/bus.js';
import { FRAME_FLAG, FRAME_KIND, type Frame } from '../calls/frame.js';
import { decodeAnswer, encodeCall, OP, type CallAnswer, type RemoteCall } from '../calls/remote-call.js';
import { workerOfConnectionId } from '../connection/connection-id.js';
import type { Selector } from '../tag-index/parse-selector.js';
import type { OutboundMessage } from '../transport/socket.js';
import type { FrameLink, OutgoingFrame } from './frame-link.js';
import { formatWorker, LINK_FLAG, LINK_KIND } from './link-frames.js';
import { listInOrder, listOneByOne, type PageSource } from '../bus/merge-listings.js';
import { PendingCalls, type CallResult } from './pending-calls.js';

export interface WorkersBusDeps {
  /** Name of this node in counts. */
  readonly node: string;
  readonly clock: Clock;
  /** Longest wait for a worker. */
  readonly deadlineMs?: number;
}

/** A worker that calls reach. */
interface AttachedWorker {
  readonly link: FrameLink;
  /** It missed a deadline: it is told of calls, but not waited for until it answers again. */
  isSuspect: boolean;
}

/** Answer of a worker, as it came. */
interface WorkerAnswer {
  readonly body: Uint8Array;
  readonly hasMore: boolean;
}

const DEADLINE_MS = 1_000;

/**
 * The bus of a supervisor: reaches the connections of all workers of this node. Calls leave in the
 * order in which they were made, the same for every worker, and are counted as those of one node.
 * A worker that does not answer in time, or that ends meanwhile, is named in `silent` as in
 * `0001/w2`: it may or may not have applied the call.
 */
export class WorkersBus implements Bus {
  readonly #node: string;
  readonly #workers = new Map<number, AttachedWorker>();
  readonly #pending: PendingCalls<WorkerAnswer>;
  /** Tag keys that some worker knew: a worker that was started again has forgotten them. */
  readonly #knownKeys = new Set<string>();

  constructor({ node, clock, deadlineMs = DEADLINE_MS }: WorkersBusDeps) {
    this.#node = node;
    this.#pending = new PendingCalls(clock, deadlineMs, (worker) => this.#suspect(worker));
  }

  /** Sends calls to this worker from now on, until its link is closed. */
  attach(link: FrameLink): void {
    const { worker } = link;
    this.#workers.set(worker, { link, isSuspect: false });
    link.handle(FRAME_KIND.answer, (frame) => this.#answered(worker, frame));
    link.onClosed(() => {
      if (this.#workers.get(worker)?.link === link) this.#workers.delete(worker);
      this.#pending.gone(worker);
    });
  }

  async start(): Promise<void> {
    // Each worker starts its own delivery.
  }

  /** Each worker stops its own delivery. */
  async stop(): Promise<void> {
    this.#pending.stop();
  }

  async send(selector: Selector, message: OutboundMessage, options?: CallOptions): Promise<CallOutcome> {
    return this.#outcomeOf(await this.#call({ op: 'send', selector, message }, this.#reached(selector), options));
  }

  async sendBatch(items: readonly BatchItem[], options?: CallOptions): Promise<BatchOutcome> {
    const reached = new Set<number>();
    for (const { selector } of items) for (const worker of this.#reached(selector)) reached.add(worker);
    const { answers, silent } = await this.#call({ op: 'batch', items }, reached, options);
    const totals = items.map(() => 0);
    const refused = new Map<string, string>();
    for (const answer of decodeAll('batch', answers)) {
      if (answer.outcome !== 'done') refused.set(this.#node, answer.reason);
      else answer.totals?.forEach((count, index) => (totals[index] = (totals[index] ?? 0) + count));
    }
    return { ...ownBatchOutcome(totals), silent: this.#names(silent), refused };
  }

  /**
   * Asks all workers whether they would refuse before the first one changes anything, because a node
   * sets all tags or none.
   */
  async setTags(selector: Selector, changes: TagChanges, options?: CallOptions): Promise<CallOutcome> {
    const call: RemoteCall = { op: 'settags', selector, changes };
    const reached = this.#reached(selector);
    if (reached.size > 1 && [...changes.values()].some((value) => value !== '')) {
      const asked = this.#outcomeOf(await this.#call(call, reached, options, LINK_FLAG.dryRun));
      if (asked.refused.size > 0) return asked;
    }
    return this.#outcomeOf(await this.#call(call, this.#reached(selector), options));
  }

  async close(selector: Selector, message: OutboundMessage | undefined, options?: CallOptions): Promise<CallOutcome> {
    return this.#outcomeOf(await this.#call({ op: 'close', selector, message }, this.#reached(selector), options));
  }

  status(request: StatusRequest): StatusListing {
    const silent: number[] = [];
    const sources = [...this.#reached(request.selector)].map((worker) => this.#pagesOf(worker, request, silent));
    const isSorted = request.after !== undefined || request.limit !== undefined;
    const pages = isSorted ? listInOrder(sources, request.limit) : listOneByOne(sources);
    return { pages, silent: () => this.#names(silent) };
  }

  async knowsTagKey(key: string): Promise<boolean> {
    if (this.#knownKeys.has(key)) return true;
    const { answers } = await this.#call({ op: 'knowsKey', key }, this.#all());
    const isKnown = [...decodeAll('knowsKey', answers)].some((answer) => answer.outcome === 'done' && answer.count > 0);
    if (isKnown) this.#knownKeys.add(key);
    return isKnown;
  }

  async tree(): Promise<TreeOutcome> {
    const { answers, silent } = await this.#call({ op: 'tree' }, this.#all());
    const merged = new Map<string, Set<string>>();
    for (const answer of decodeAll('tree', answers)) {
      if (answer.outcome !== 'done') continue;
      for (const [key, values] of answer.tree ?? []) merged.set(key, new Set([...(merged.get(key) ?? []), ...values]));
    }
    const tree = new Map(Array.from(merged, ([key, values]) => [key, [...values]] as const));
    return { tree, silent: this.#names(silent) };
  }

  #all(): Set<number> {
    return new Set(this.#workers.keys());
  }

  /** The workers that may have selected connections. */
  #reached(selector: Selector): Set<number> {
    if (selector.kind !== 'ids') return this.#all();
    const reached = new Set<number>();
    for (const id of selector.ids) {
      const worker = workerOfConnectionId(id);
      if (worker !== undefined && this.#workers.has(worker)) reached.add(worker);
    }
    return reached;
  }

  /** Appends the call to the next write of each worker. */
  #call(
    call: RemoteCall,
    reached: Iterable<number>,
    options?: CallOptions,
    flag = 0,
  ): Promise<CallResult<WorkerAnswer>> {
    const { op, flags, body } = encodeCall(call);
    const number = this.#pending.nextNumber();
    const frame = { kind: FRAME_KIND.call, flags: flags | flag | FRAME_FLAG.wantsAnswer, op, call: number, body };
    const waiting = new Set<number>();
    const silent: number[] = [];
    for (const worker of reached) {
      if (this.#tell(worker, frame)) waiting.add(worker);
      else silent.push(worker);
    }
    return this.#pending.wait(number, waiting, silent, options?.deadlineMs);
  }

  /** Sends a frame to a worker; false when its answer is not waited for. */
  #tell(worker: number, frame: OutgoingFrame): boolean {
    const attached = this.#workers.get(worker);
    if (attached === undefined || !attached.link.hasRoom) return false;
    attached.link.send(frame);
    return !attached.isSuspect;
  }

  #answered(worker: number, { call, flags, body }: Frame): void {
    const attached = this.#workers.get(worker);
    if (attached !== undefined) attached.isSuspect = false;
    this.#pending.answered(call, worker, { body, hasMore: (flags & LINK_FLAG.more) !== 0 });
  }

  #suspect(worker: number): void {
    const attached = this.#workers.get(worker);
    if (attached !== undefined) attached.isSuspect = true;
  }

  #outcomeOf({ answers, silent }: CallResult<WorkerAnswer>): CallOutcome {
    let total = 0;
    let reason: string | undefined;
    for (const { body } of answers.values()) {
      const answer = decodeAnswer(0, body);
      if (answer.outcome === 'done') total += answer.count;
      else reason ??= answer.reason;
    }
    const refused: ReadonlyMap<string, string> = reason === undefined ? new Map() : new Map([[this.#node, reason]]);
    return { ...ownOutcome(this.#node, total), silent: this.#names(silent), refused };
  }

  /** The pages of one worker; it is added to `silent` when one does not come in time. */
  async *#pagesOf(worker: number, request: StatusRequest, silent: number[]): PageSource {
    const { op, flags, body } = encodeCall({ op: 'status', request });
    const call = this.#pending.nextNumber();
    let hasMore = true;
    try {
      let frame: OutgoingFrame = { kind: FRAME_KIND.call, flags, op, call, body };
      while (hasMore) {
        const waiting = new Set(this.#tell(worker, frame) ? [worker] : []);
        const { answers } = await this.#pending.wait(call, waiting, []);
        const answer = answers.get(worker);
        if (answer === undefined) silent.push(worker);
        if (answer === undefined) return;
        hasMore = answer.hasMore;
        const page = decodeAnswer(op, answer.body);
        if (page.outcome === 'done' && page.connections !== undefined) yield page.connections;
        frame = { kind: LINK_KIND.page, call };
      }
    } finally {
      if (hasMore) this.#tell(worker, { kind: LINK_KIND.page, flags: LINK_FLAG.end, call });
    }
  }

  #names(workers: readonly number[]): readonly string[] {
    return workers.length === 0 ? [] : workers.map((worker) => formatWorker(this.#node, worker)).sort(compareTexts);
  }
}

function* decodeAll(op: RemoteCall['op'], answers: CallResult<WorkerAnswer>['answers']): Generator<CallAnswer> {
  for (const { body } of answers.values()) yield decodeAnswer(OP[op], body);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

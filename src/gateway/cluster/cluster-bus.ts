import { LimitedLog } from '../../core/limited-log.js';
import { errorMessage } from '../../core/error.js';
import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type {
  BatchItem,
  BatchOutcome,
  Bus,
  CallOptions,
  CallOutcome,
  StatusListing,
  StatusRequest,
  TagChanges,
  TreeOutcome,
} from '../bus/bus.js';
import { ownOutcome } from '../bus/bus.js';
import type { NodeDirectory, NodeStatus } from '../bus/nodes.js';
import { FRAME_KIND, readFrames, type Frame } from '../calls/frame.js';
import { decodeAnswer, type RemoteCall } from '../calls/remote-call.js';
import { formatNode } from '../connection/connection-id.js';
import type { Selector } from '../tag-index/parse-selector.js';
import type { OutboundMessage } from '../transport/socket.js';
import type { NodeBoot } from './engines/engine-link.js';
import { routeOf, routeOfBatch, type RouteNodes } from './call-routes.js';
import { listCluster, type AskForPage } from './cluster-listing.js';
import type { Engine, EngineListener } from './engine.js';
import { ForeignCalls } from './foreign-calls.js';
import { PartAssembly } from './frame-parts.js';
import { Members, type MembershipEvents } from './members.js';
import { EVERYBODY, sumBatch, sumOutcome, sumTree } from './outcomes.js';
import { Outgoing } from './outgoing.js';
import { PendingCalls, type RemoteAnswers } from './pending-calls.js';
import { Presence, type NodeDescription, type PresenceDeps } from './presence.js';
import { RemoteCalls, type CallTargets } from './remote-calls.js';
import { Senders, type Sender } from './senders.js';

/** Bound on the memory of bodies of which parts are missing. */
const MOST_PART_BYTES = 64 * 1024 * 1024;
const LOG_EACH_MS = 10_000;

/** Offsets in a frame, to recognize own frames without decoding them. */
const AT = { kind: 5, node: 8, boot: 10, end: 16 } as const;

export interface ClusterBusDeps extends Pick<PresenceDeps, 'echo' | 'leasesNumber' | 'onConflict'> {
  readonly self: NodeBoot;
  /** The connections of this node. */
  readonly inner: Bus;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Logger;
  readonly describe: () => NodeDescription;
  /** Longest wait for the answers of other nodes, unless a call says another one. */
  readonly deadlineMs: number;
}

/** Figures for metrics and details. */
export interface ClusterState {
  readonly engine: 'nats' | 'redis';
  readonly isUp: boolean;
  readonly isDeaf: boolean;
  /** Nodes that are heard, this one included. */
  readonly members: number;
  readonly suspects: number;
  /** Calls that went to other nodes. */
  readonly calls: number;
  /** Calls of other nodes that were carried out. */
  readonly callsApplied: number;
  readonly callsRepeated: number;
  readonly callsLate: number;
  /** Calls of nodes that do not count this one. */
  readonly callsIgnored: number;
  /** Missed deadlines by node. */
  readonly silent: ReadonlyMap<string, number>;
  readonly framesLost: ReadonlyMap<string, number>;
  /** Messages that are not authentic, by reason. */
  readonly messagesRefused: ReadonlyMap<string, number>;
}

/**
 * Reaches the connections of all nodes of a cluster. A call is applied here first, then goes to the
 * others, and its outcome is the sum of what they answer by the deadline. While the other nodes are
 * not heard, calls act on this node alone and say so; nothing is queued.
 */
export class ClusterBus implements Bus, NodeDirectory {
  readonly #deps: ClusterBusDeps;
  readonly #ownName: string;
  readonly #members = new Members();
  readonly #outgoing: Outgoing;
  readonly #presence: Presence;
  readonly #pending: PendingCalls;
  readonly #calls: RemoteCalls;
  readonly #foreign: ForeignCalls;
  readonly #senders: Senders;
  readonly #parts: PartAssembly;
  readonly #nodes: RouteNodes;
  readonly #silent = new Map<string, number>();
  readonly #losses: LimitedLog;
  #callsIgnored = 0;
  #stopping: Promise<void> | undefined;

  constructor(deps: ClusterBusDeps) {
    const { self, inner, engine, clock, log, deadlineMs } = deps;
    this.#deps = deps;
    this.#ownName = formatNode(self.node);
    const members = this.#members;
    const outgoing = new Outgoing({ self, engine });
    const pending = new PendingCalls(clock, (member) => {
      this.#silent.set(member.name, (this.#silent.get(member.name) ?? 0) + 1);
      members.missed(member);
    });
    this.#outgoing = outgoing;
    this.#pending = pending;
    this.#presence = new Presence({ ...deps, outgoing, members, onOut: () => pending.release() });
    this.#calls = new RemoteCalls({ outgoing, members, pending, clock, deadlineMs });
    this.#foreign = new ForeignCalls(inner, outgoing);
    this.#senders = new Senders(clock);
    this.#parts = new PartAssembly(clock, MOST_PART_BYTES);
    this.#nodes = { own: self.node, isLive: (node) => !this.isIn || members.withNumber(node).length > 0 };
    this.#losses = new LimitedLog(log, clock, LOG_EACH_MS);
    members.onGone(({ node, boot, saidBye }) => {
      pending.gone({ node, boot }, saidBye);
      this.#senders.sweep();
      this.#parts.sweep();
    });
  }

  /** Notifies of nodes that come and go. */
  get membership(): MembershipEvents {
    return this.#members;
  }

  /** Its own beat has not come back for 5 s, so calls of other nodes may not arrive here. */
  get isDeaf(): boolean {
    return this.#presence.isDeaf;
  }

  /** Whether this node hears the others: it may judge that one of them is gone. */
  get isIn(): boolean {
    return this.#presence.isIn;
  }

  state(): ClusterState {
    const { engine } = this.#deps;
    const { all, awaited } = this.#members;
    const { applied, repeated, late } = this.#foreign.figures;
    return {
      engine: engine.kind,
      isUp: engine.isUp,
      isDeaf: this.isDeaf,
      members: all.length + 1,
      suspects: all.length - awaited.length,
      calls: this.#calls.count,
      callsApplied: applied,
      callsRepeated: repeated,
      callsLate: late,
      callsIgnored: this.#callsIgnored,
      silent: this.#silent,
      framesLost: this.#senders.lost,
      messagesRefused: engine.refused,
    };
  }

  nodes(): readonly NodeStatus[] {
    const { self, clock, describe } = this.#deps;
    const { version, state, connections, workers, address } = describe();
    const own = { node: this.#ownName, boot: self.boot, version, state, connections, workers, address };
    const now = clock.now();
    const others = this.#members.all.map(({ name, boot, beat, heardAt, isSuspect: suspect }) => {
      const lastHeardMs = Math.round(now - heardAt);
      const { version: itsVersion, state: itsState, connections: count, workers: processes, address: at } = beat;
      const said = { version: itsVersion, state: itsState, connections: count, workers: processes, address: at };
      return { node: name, boot, ...said, lastHeardMs, suspect, own: false };
    });
    const all = [{ ...own, lastHeardMs: 0, suspect: false, own: true }, ...others];
    return all.sort((a, b) => (a.node === b.node ? a.boot - b.boot : a.node < b.node ? -1 : 1));
  }

  /**
   * Joins the cluster before the first connection opens. An engine that is away is waited for at
   * most some seconds. Rejects with `cluster.number-taken`, or when the engine refuses this node.
   */
  async start(): Promise<void> {
    const { inner, engine, self } = this.#deps;
    await inner.start();
    await engine.start(self, this.#listener());
    await this.#presence.start();
  }

  /** Says bye and leaves. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#outgoing.flush();
    this.#presence.stop();
    this.#pending.stop();
    await this.#deps.engine.stop();
    await this.#deps.inner.stop();
  }

  send(selector: Selector, message: OutboundMessage, options?: CallOptions): CallOutcome | Promise<CallOutcome> {
    const { inner } = this.#deps;
    if (this.#isAlone) return inner.send(selector, message, options);
    const callFor = (part: Selector): RemoteCall => ({ op: 'send', selector: part, message });
    const { isHere, others } = routeOf(selector, this.#nodes, callFor);
    const own = isHere ? inner.send(selector, message, options) : ownOutcome(this.#ownName, 0);
    return others === undefined ? own : combine(own, this.#call(callFor(selector), others, options), sumOutcome);
  }

  sendBatch(items: readonly BatchItem[], options?: CallOptions): BatchOutcome | Promise<BatchOutcome> {
    const own = this.#deps.inner.sendBatch(items, options);
    if (this.#isAlone || items.length === 0) return own;
    const { others } = routeOfBatch(items, this.#nodes);
    return others === undefined ? own : combine(own, this.#call({ op: 'batch', items }, others, options), sumBatch);
  }

  setTags(selector: Selector, changes: TagChanges, options?: CallOptions): Promise<CallOutcome> {
    const apply = (bus: Bus) => bus.setTags(selector, changes, options);
    return this.#change(selector, { apply, callFor: (part) => ({ op: 'settags', selector: part, changes }) }, options);
  }

  close(selector: Selector, message: OutboundMessage | undefined, options?: CallOptions): Promise<CallOutcome> {
    const apply = (bus: Bus) => bus.close(selector, message, options);
    return this.#change(selector, { apply, callFor: (part) => ({ op: 'close', selector: part, message }) }, options);
  }

  status(request: StatusRequest): StatusListing {
    const own = this.#deps.inner.status(request);
    if (this.#isAlone) return own;
    const { isIn } = this;
    return listCluster(request, { own, members: isIn ? this.#members.all : [], isIn, ask: this.#askForPage });
  }

  async knowsTagKey(key: string): Promise<boolean> {
    if (await this.#deps.inner.knowsTagKey(key)) return true;
    if (this.#isAlone) return false;
    const { answers, silent } = await this.#call({ op: 'knowsKey', key }, 'all');
    // A node that is silent may know it.
    return silent.length > 0 || answers.some(({ answer }) => answer.outcome === 'done' && answer.count > 0);
  }

  async tree(): Promise<TreeOutcome> {
    const own = this.#deps.inner.tree();
    if (this.#isAlone) return own;
    const answers = await this.#call({ op: 'tree' }, 'all');
    return sumTree(await own, answers);
  }

  /** Whether there is no other node. */
  get #isAlone(): boolean {
    return this.#members.all.length === 0 && this.#presence.isIn;
  }

  async #change(selector: Selector, { apply, callFor }: Change, options?: CallOptions): Promise<CallOutcome> {
    const { inner } = this.#deps;
    if (this.#isAlone) return apply(inner);
    const route = routeOf(selector, this.#nodes, callFor);
    const own = route.isHere ? apply(inner) : ownOutcome(this.#ownName, 0);
    if (route.others === undefined) return own;
    return combine(own, this.#call(callFor(selector), route.others, options), sumOutcome);
  }

  /** Sends a call to other nodes. Synchronous when no answer is waited for. */
  #call(call: RemoteCall, targets: CallTargets, options?: CallOptions): RemoteAnswers | Promise<RemoteAnswers> {
    if (!this.#presence.isIn) return NOBODY_HEARD;
    return this.#calls.send(call, targets, options) ?? NO_ANSWERS;
  }

  readonly #askForPage: AskForPage = async (member, request) => {
    if (member.isSuspect) return undefined;
    const call: RemoteCall = { op: 'status', request };
    const { answers } = await this.#call(call, new Map([[member.node, call]]));
    for (const { answer } of answers) {
      if (answer.outcome === 'done') return { page: answer.connections ?? [], silent: answer.silent ?? [] };
    }
    return undefined;
  };

  #listener(): EngineListener {
    const { log, engine } = this.#deps;
    return {
      received: (bytes) => this.#received(bytes),
      up: () => {
        log.info('cluster.engine-up', { engine: engine.kind });
        this.#presence.up();
      },
      down: (reason) => {
        log.warn('cluster.engine-down', { engine: engine.kind, reason });
        this.#presence.down();
      },
    };
  }

  /** Takes one message of the engine. */
  #received(bytes: Uint8Array): void {
    if (this.#isOwn(bytes)) return;
    try {
      const now = this.#deps.clock.now();
      for (const frame of readFrames(bytes)) this.#take(frame, now);
    } catch (error) {
      this.#losses.warn('cluster.message-invalid', { reason: errorMessage(error) });
    }
  }

  /** Whether all frames of a message are this node's own, except beats. */
  #isOwn(bytes: Uint8Array): boolean {
    if (bytes.length < AT.end) return false;
    const { node, boot } = this.#deps.self;
    const head = Buffer.from(bytes.buffer, bytes.byteOffset, AT.end);
    if (head.readUInt16BE(AT.node) !== node || head.readUIntBE(AT.boot, 6) !== boot) return false;
    return head[AT.kind] !== FRAME_KIND.beat;
  }

  #take(frame: Frame, now: number): void {
    const sender = this.#senders.of(frame);
    sender.usedAt = now;
    const missing = this.#senders.place(sender, frame);
    if (missing > 0) this.#noteLoss(sender, frame, missing);
    const whole = frame.kind === FRAME_KIND.part ? this.#parts.take(frame) : frame;
    if (whole !== undefined) this.#handle(whole, sender, now);
  }

  #handle(frame: Frame, sender: Sender, now: number): void {
    switch (frame.kind) {
      case FRAME_KIND.call: {
        const member = this.#members.find(sender.node, sender.boot);
        if (member !== undefined && this.#presence.isCountedBy(member, now)) this.#foreign.take(frame, sender.calls);
        else this.#callsIgnored += 1;
        return;
      }
      case FRAME_KIND.answer:
        return this.#answered(frame, sender);
      case FRAME_KIND.beat:
        return this.#presence.heard(frame);
      case FRAME_KIND.bye:
        return this.#presence.heardBye(frame);
    }
  }

  #answered({ call, body }: Frame, sender: Sender): void {
    const member = this.#members.find(sender.node, sender.boot);
    if (member !== undefined) this.#members.answered(member);
    const op = this.#pending.opOf(call);
    if (op !== undefined) this.#pending.answered(call, sender, decodeAnswer(op, body));
  }

  #noteLoss({ name: node, boot, ...sender }: Sender, { kind }: Frame, frames: number): void {
    this.#losses.warn('cluster.frames-lost', { node, boot, frames });
    const member = this.#members.find(sender.node, boot);
    if (kind === FRAME_KIND.beat && member !== undefined) this.#presence.mayHaveMissed(member);
  }
}

/** A change of connections, and the call that makes it on another node. */
interface Change {
  readonly apply: (bus: Bus) => Promise<CallOutcome>;
  readonly callFor: (part: Selector) => RemoteCall;
}

const NO_ANSWERS: RemoteAnswers = { answers: [], silent: [] };
const NOBODY_HEARD: RemoteAnswers = { answers: [], silent: [EVERYBODY] };

/** Sums the outcome here and the answers of the others. Synchronous when both are there. */
function combine<T>(
  own: T | Promise<T>,
  remote: RemoteAnswers | Promise<RemoteAnswers>,
  sum: (own: T, remote: RemoteAnswers) => T,
): T | Promise<T> {
  if (own instanceof Promise || remote instanceof Promise) {
    return Promise.all([own, remote]).then(([here, there]) => sum(here, there));
  }
  return sum(own, remote);
}

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { WsgError } from '../../core/error.js';
import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import { FRAME_KIND, type Frame } from '../calls/frame.js';
import { formatNode } from '../connection/connection-id.js';
import { decodeBeat, encodeBeat, type Beat } from './beat.js';
import type { NodeBoot } from './engines/engine-link.js';
import type { Engine } from './engine.js';
import type { Member, Members } from './members.js';
import type { Outgoing } from './outgoing.js';

const TICK_MS = 1_000;
/** Number of nodes from which on each beats in every third tick. */
const MANY_NODES = 100;
const TICKS_OF_MANY = 3;
/** Time without a beat after which a node is gone. */
const GONE_MS = 7_000;
/** Time without its own beat, in times between two beats, after which a node does not hear itself. */
const UNHEARD_BEATS = 1.5;
/** Time without its own beat after which a node is deaf. */
const DEAF_MS = 5_000;
/** Time without its own beat after which a node does not judge others. */
const UNSURE_MS = 4_000;
/** Time without a beat of a member after which its calls are not applied: before it may forget this node. */
const DISTRUST_MS = 5_500;
/** A gap between ticks from which on what was received meanwhile is out of date. */
const STALL_MS = 3_000;
/** Wait for the answers to the first beat after it was heard back. */
const SETTLE_MS = 300;
/** Longest wait for nodes that others hear. */
const SETTLE_MOST_MS = 3_000;
/** Age of a beat up to which a node that joins is told of its sender. */
const FRESH_MS = 2_500;
/** Longest wait of the start for the own beat. */
const JOIN_MS = 5_000;
/** Two starts closer together than this are told apart by their boot, not by their age. */
const SAME_AGE_MS = 2_000;

/** The contents of a beat that the node decides, read for each beat. */
export type NodeDescription = Readonly<
  Pick<Beat, 'version' | 'state' | 'connections' | 'workers' | 'address' | 'closesAfterMs'>
>;

export interface PresenceDeps {
  readonly self: NodeBoot;
  readonly engine: Pick<Engine, 'isUp' | 'reconnect'>;
  readonly outgoing: Outgoing;
  readonly members: Members;
  readonly clock: Clock;
  readonly log: Logger;
  readonly describe: () => NodeDescription;
  /** Takes the time from a beat to its return. */
  readonly echo: { record(durationMs: number): void };
  /** The number is leased, so the lease decides which of two processes may have it. */
  readonly leasesNumber: boolean;
  /** Another process has the number of this node, and this one is younger. */
  readonly onConflict: (error: WsgError) => void;
  /** This node does not hear the others any more. */
  readonly onOut: () => void;
}

/**
 * Beats, and hears the beats of all nodes, its own included. Two nodes agree on counting each other
 * by beats: a node applies calls only from nodes that said they count it, so that no connection
 * takes a message that the caller does not wait for.
 */
export class Presence {
  readonly #deps: PresenceDeps;
  readonly #nonce = randomUUID();
  readonly #host = hostname();
  readonly #startedAt: number;
  /** Members that count this node: their calls are applied. */
  readonly #countedBy = new Set<Member>();
  /** Members that were told since the last join that this node counts them. */
  readonly #told = new Set<Member>();
  /** When each beat that has not come back was sent. */
  readonly #sentAt = new Map<number, number>();
  #beats = 0;
  #ticks = 0;
  #tickAt: number;
  #echoAt: number;
  #reconnectAt = Number.NEGATIVE_INFINITY;
  #state: 'joining' | 'settling' | 'in' = 'joining';
  /** The first beat of the current attempt to join. */
  #joinBeat = 0;
  #hasBeenIn = false;
  #isOver = false;
  /** Nodes that others hear, while this one joins. */
  #hearsay: NodeBoot[] = [];
  #conflict: WsgError | undefined;
  #cancelTick: (() => void) | undefined;
  #cancelSettle: (() => void) | undefined;
  #wakeStart: (() => void) | undefined;

  constructor(deps: PresenceDeps) {
    this.#deps = deps;
    const now = deps.clock.now();
    this.#startedAt = now;
    this.#tickAt = now;
    this.#echoAt = now - DEAF_MS - 1;
  }

  /** Whether this node hears all others, so that the live set is complete. */
  get isIn(): boolean {
    return this.#state === 'in' && this.#deps.engine.isUp;
  }

  /** Its own beat has not come back for 5 s. */
  get isDeaf(): boolean {
    return this.#deps.clock.now() - this.#echoAt > DEAF_MS;
  }

  /**
   * Whether calls of this member are applied: it counts this node, and its beats come, so it has not
   * changed its mind unheard.
   */
  isCountedBy(member: Member, now: number): boolean {
    return this.#countedBy.has(member) && now - member.heardAt < DISTRUST_MS;
  }

  /**
   * Begins to beat. Resolves once this node hears all others, or after 5 s. Rejects with
   * `cluster.number-taken`. Call it when the engine has started.
   */
  async start(): Promise<void> {
    const { clock } = this.#deps;
    this.#tickAt = clock.now();
    const joined = new Promise<void>((resolve) => (this.#wakeStart = resolve));
    const cancel = clock.schedule(() => this.#wakeStart?.(), JOIN_MS);
    this.#cancelTick = clock.schedule(() => this.#tick(), TICK_MS);
    if (this.#deps.engine.isUp) this.up();
    await joined;
    cancel();
    this.#wakeStart = undefined;
    if (this.#conflict !== undefined) throw this.#conflict;
    if (!this.isIn) this.#deps.log.warn('cluster.start-alone', { hint: START_ALONE_HINT });
  }

  /** Says bye. Beats no more, and applies no more calls: nobody counts this node now. Idempotent. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leaveOut();
    if (this.#deps.engine.isUp) {
      this.#deps.outgoing.beat({ ...NO_CALL, kind: FRAME_KIND.bye, body: new Uint8Array(0) });
    }
    this.#cancelTick?.();
    this.#wakeStart?.();
  }

  /** The engine is up: joins again, because beats and calls may have been lost. */
  up(): void {
    this.#reconnectAt = this.#deps.clock.now();
    this.#joinAnew();
  }

  /** The engine is down: nothing is heard until it is up again. */
  down(): void {
    this.#leaveOut();
  }

  /** Frames of this member's beats were lost: one may have said that it does not count this node. */
  mayHaveMissed(member: Member): void {
    this.#countedBy.delete(member);
  }

  /** Takes a beat, also an own one. */
  heard(frame: Frame): void {
    const beat = decodeBeat(frame.body);
    if (beat === undefined || this.#isOver) return;
    if (beat.nonce === this.#nonce) this.#heardOwn(frame.call);
    else if (frame.fromNode === this.#deps.self.node) this.#heardNamesake(frame.fromBoot, beat);
    else this.#heardOther({ node: frame.fromNode, boot: frame.fromBoot }, beat);
  }

  #heardOther(sender: NodeBoot, beat: Beat): void {
    const { self, members, clock, log } = this.#deps;
    const { member, isNew } = members.heard(sender, beat, clock.now());
    if (isNew) log.info('cluster.joined', { node: member.name, boot: member.boot, version: beat.version });
    const isCounted = beat.counts.some((one) => isSame(one, self));
    if (isCounted) this.#countedBy.add(member);
    if (beat.forgot.some((one) => isSame(one, self))) this.#countedBy.delete(member);
    if (this.#state !== 'in') this.#hearsay.push(...beat.hears);
    const isDue = beat.asks || (isCounted && !this.#told.has(member));
    if (!isNew && !isDue) return;
    this.#told.add(member);
    this.#beat({ counts: [sender], hears: members.all.filter(this.#isFresh) });
  }

  /** Takes a bye. */
  heardBye({ fromNode: node, fromBoot: boot }: Frame): void {
    const { members, log } = this.#deps;
    const member = members.leave({ node, boot });
    if (member === undefined) return;
    this.#forget(member);
    log.info('cluster.left', { node: member.name, boot });
  }

  #heardOwn(call: number): void {
    const { clock, echo, log } = this.#deps;
    const sentAt = this.#sentAt.get(call);
    if (sentAt === undefined) return;
    this.#sentAt.delete(call);
    const now = clock.now();
    echo.record(now - sentAt);
    if (this.#hasBeenIn && this.isDeaf) log.info('cluster.hears-again', {});
    this.#echoAt = now;
    if (this.#state !== 'joining' || call < this.#joinBeat) return;
    this.#state = 'settling';
    this.#cancelSettle = clock.schedule(() => this.#settle(SETTLE_MS), SETTLE_MS);
  }

  /** Ends the join when every node that others hear has been heard here, or after 3 s. */
  #settle(afterMs: number): void {
    const { log, members, clock, self } = this.#deps;
    const isMissing = (one: NodeBoot) => !isSame(one, self) && members.find(one.node, one.boot) === undefined;
    if (afterMs < SETTLE_MOST_MS && this.#hearsay.some(isMissing)) {
      this.#cancelSettle = clock.schedule(() => this.#settle(afterMs + SETTLE_MS), SETTLE_MS);
      return;
    }
    this.#hearsay = [];
    this.#state = 'in';
    this.#hasBeenIn = true;
    log.info('cluster.in', { nodes: members.all.length + 1 });
    this.#wakeStart?.();
    this.#beat({});
  }

  #heardNamesake(boot: number, beat: Beat): void {
    if (beat.asks) this.#beat({});
    const { self, onConflict, leasesNumber } = this.#deps;
    // The older one is the one that lost the lease while it was frozen, and finds that out itself.
    if (leasesNumber || this.#conflict !== undefined || !this.#yieldsTo(boot, beat)) return;
    this.#conflict = numberTaken(self.node, beat.host);
    if (this.#wakeStart === undefined) onConflict(this.#conflict);
    else this.#wakeStart();
  }

  /** Both processes decide this alike: never both, and at most for some beats neither of them yields. */
  #yieldsTo(boot: number, beat: Beat): boolean {
    const { self, clock } = this.#deps;
    if (this.#hasBeenIn === beat.isJoining) return !this.#hasBeenIn;
    const olderByMs = beat.upMs - (clock.now() - this.#startedAt);
    if (Math.abs(olderByMs) >= SAME_AGE_MS) return olderByMs > 0;
    return self.boot === boot ? this.#nonce > beat.nonce : self.boot > boot;
  }

  #tick(): void {
    const { clock, engine, log } = this.#deps;
    const now = clock.now();
    const gap = now - this.#tickAt;
    this.#tickAt = now;
    this.#ticks += 1;
    this.#cancelTick = clock.schedule(() => this.#tick(), TICK_MS);
    if (gap > STALL_MS) {
      // This process stood still. What waits in its sockets is old, and says nothing of others.
      log.warn('cluster.stalled', { ms: Math.round(gap) });
      this.#echoAt += gap;
      if (engine.isUp) return this.#joinAnew();
    }
    if (now - this.#echoAt < UNSURE_MS) this.#sweep(now);
    if (this.isDeaf) this.#isDeafNow(now);
    if (this.#ticks % this.#ticksPerBeat === 0) this.#beat({ asks: this.#isUncounted() });
  }

  get #ticksPerBeat(): number {
    return this.#deps.members.all.length < MANY_NODES ? 1 : TICKS_OF_MANY;
  }

  #sweep(now: number): void {
    const { members, log } = this.#deps;
    const lost = members.sweep(now - GONE_MS);
    for (const member of lost) {
      this.#forget(member);
      log.warn('cluster.lost', { node: member.name, boot: member.boot, silentMs: Math.round(now - member.heardAt) });
    }
    if (lost.length > 0) this.#beat({ forgot: lost });
  }

  #isDeafNow(now: number): void {
    const { engine, log } = this.#deps;
    if (now - this.#reconnectAt <= DEAF_MS) return;
    this.#reconnectAt = now;
    this.#leaveOut();
    if (!engine.isUp) return;
    log.warn('cluster.deaf', { hint: 'its own beat has not come back for 5 s; the connection is opened again' });
    engine.reconnect('its own beat has not come back for 5 s');
  }

  #forget(member: Member): void {
    this.#countedBy.delete(member);
    this.#told.delete(member);
  }

  readonly #isFresh = ({ heardAt }: Member): boolean => this.#deps.clock.now() - heardAt < FRESH_MS;

  #isUncounted(): boolean {
    return this.#state === 'joining' || this.#countedBy.size < this.#deps.members.all.length;
  }

  #leaveOut(): void {
    if (this.#state === 'in') this.#deps.onOut();
    this.#state = 'joining';
    this.#joinBeat = this.#beats;
    this.#hearsay = [];
    this.#cancelSettle?.();
    this.#countedBy.clear();
    this.#told.clear();
  }

  #joinAnew(): void {
    this.#leaveOut();
    this.#sentAt.clear();
    this.#deps.members.refresh(this.#deps.clock.now());
    this.#beat({ asks: true });
  }

  #beat({ asks = false, counts = [], hears = [], forgot = [] }: BeatNews): void {
    const { engine, outgoing, clock, describe } = this.#deps;
    if (!engine.isUp || this.#isOver) return;
    const now = clock.now();
    const own = { nonce: this.#nonce, host: this.#host, isJoining: !this.#hasBeenIn, upMs: now - this.#startedAt };
    const hearsItself = now - this.#echoAt < UNHEARD_BEATS * TICK_MS * this.#ticksPerBeat;
    const call = this.#beats;
    this.#beats += 1;
    const body = encodeBeat({ ...describe(), ...own, hearsItself, asks, counts, hears, forgot });
    if (outgoing.beat({ ...NO_CALL, kind: FRAME_KIND.beat, call, body })) this.#sentAt.set(call, now);
    if (this.#sentAt.size > MOST_UNHEARD) for (const [oldest] of this.#sentAt) return void this.#sentAt.delete(oldest);
  }
}

type BeatNews = Partial<Pick<Beat, 'asks' | 'counts' | 'hears' | 'forgot'>>;

const NO_CALL = { flags: 0, op: 0, call: 0, deadlineMs: 0 };
/** Beats whose return is awaited: more than a node sends within the time after which it is deaf. */
const MOST_UNHEARD = 1_000;
const START_ALONE_HINT =
  'calls reach only the connections of this node until the engine is reachable; /readyz says bus-deaf meanwhile';

function isSame(a: NodeBoot, b: NodeBoot): boolean {
  return a.node === b.node && a.boot === b.boot;
}

function numberTaken(node: number, host: string): WsgError {
  return new WsgError(
    'cluster.number-taken',
    `Another gateway of the cluster, on ${host}, has the node number ${node} (${formatNode(node)}).`,
    { hint: 'Set node.number to a number of its own on each node, or to auto, and start this gateway again.' },
  );
}

import { Pause } from '../../core/delay.js';
import type { MessageSink } from '../client/frame-walker.js';
import type { CheckRecorder } from '../metric/check-recorder.js';
import { startingTimeMs } from '../executor/index.js';
import type { SeriesRegistry } from '../metric/series-registry.js';
import type { Series, Tags } from '../metric/series.js';
import { OPTIONS } from '../options/index.js';
import type { OptionValues } from '../options/option-values.js';
import { counterMetric, type BuiltInPart } from './scenario-definition.js';
import type { MetricDefinition } from '../../run-file/records.js';
import type { UserContext, VirtualUser } from './scenario.js';
import { Session, type SessionResult } from './session.js';

/**
 * Shortest duration of an iteration whose dial failed: it spares a target that is down, and the
 * generator.
 */
export const FAILED_DIAL_PAUSE_MS = 1000;

const SECOND_MS = 1000;
/**
 * Virtual users end a little later than their executor stops to begin iterations, so that none
 * begins another one.
 */
const BEHIND_EXECUTOR_MS = 5;
/**
 * So many connections are closed in a millisecond: thousands at once would hold the thread for
 * longer than anything of the run did.
 */
const CLOSES_PER_MS = 2;

/** What a schedule follows from. */
export interface HeldScheduleOptions {
  /** How long virtual users hold their connections. */
  readonly durationMs: number;
  /** Connections a second, all virtual users together; 0 for all at once. */
  readonly connectRate: number;
}

/**
 * When the virtual users of a scenario connect and when their time is up, by the clock of their
 * thread.
 */
export class HeldSchedule {
  #start: number | undefined;

  readonly #options: HeldScheduleOptions;

  constructor(options: HeldScheduleOptions) {
    this.#options = options;
  }

  /** The first virtual user of the scenario begins; later calls change nothing. */
  begin(nowMs: number): void {
    this.#start ??= nowMs;
  }

  get startMs(): number {
    return this.#start ?? 0;
  }

  get endMs(): number {
    return this.startMs + this.#options.durationMs + BEHIND_EXECUTOR_MS;
  }

  /** When the virtual user with this number closes its connection. */
  closeAtMs(vu: number): number {
    return this.endMs + (vu - 1) / CLOSES_PER_MS;
  }

  /** When the virtual user with this number (from 1, over all threads) dials first. */
  connectAtMs(vu: number): number {
    const { connectRate } = this.#options;
    return connectRate === 0 ? this.startMs : this.startMs + ((vu - 1) * SECOND_MS) / connectRate;
  }
}

const SWITCHING_PROTOCOLS = 101;

/** The connections of a scenario's virtual users in one thread that are open. */
export class Population {
  #count = 0;

  readonly #metrics: ConnectionMetrics;

  constructor(metrics: ConnectionMetrics) {
    this.#metrics = metrics;
  }

  get size(): number {
    return this.#count;
  }

  opened(): void {
    this.#count += 1;
    this.#metrics.connections.add(this.#count);
  }

  /** `isLost`: the target ended it. */
  closed(isLost: boolean): void {
    this.#count -= 1;
    this.#metrics.connections.add(this.#count);
    if (isLost) this.#metrics.lost.add(1);
  }
}

/** What the virtual users of a scenario share that hold connections. */
export interface HeldContext {
  readonly context: UserContext;
  readonly schedule: HeldSchedule;
  readonly population: Population;
  /** 'status is 101'. */
  readonly statusCheck: CheckRecorder;
}

/**
 * A virtual user that holds a connection until the scenario's time is up. An iteration is one
 * connection: when the target ends it, or the handshake fails, the next iteration dials again.
 */
export abstract class HeldUser implements VirtualUser, MessageSink {
  protected session: Session | undefined;
  readonly #pause: Pause;
  #wasInterrupted = false;
  #hasDialled = false;
  #hasToldDialled = false;
  #isOpen = false;
  #cancelEnd: () => void = () => undefined;

  constructor(
    protected readonly held: HeldContext,
    /** From 1, over all threads. */
    protected readonly vu: number,
  ) {
    this.#pause = new Pause(held.context.clock);
  }

  abstract onMessage(bytes: Uint8Array, start: number, end: number, isBinary: boolean): void;

  async iterate(): Promise<boolean> {
    const { context, statusCheck } = this.held;
    this.#wasInterrupted = false;
    await this.#waitForTurn();
    if (this.#wasInterrupted) return false;
    const session = new Session(context, this, { vu: this.vu });
    this.session = session;
    const result = await session.run(() => this.#begin(session));
    this.#finish(result);
    if (result.wasInterrupted) return false;
    statusCheck.add(result.status === SWITCHING_PROTOCOLS);
    if (result.error !== undefined) await this.#pause.wait(this.failedDialPauseMs);
    return true;
  }

  interrupt(): void {
    this.#wasInterrupted = true;
    this.session?.interrupt();
    this.#pause.end();
  }

  /** The first handshake of this virtual user has come to its end, well or not. */
  protected dialledFirst(): void {
    // Nothing unless a scenario waits for all.
  }

  /** The connection is open. */
  protected abstract opened(session: Session, nowMs: number): void;

  /** The scenario's time is up while the connection is open. */
  protected timeUp(session: Session): void {
    session.close();
  }

  /** The session is over, or its handshake failed. */
  protected closed(_nowMs: number, _result: SessionResult): void {
    // Nothing unless a scenario has something to end.
  }

  protected get failedDialPauseMs(): number {
    return FAILED_DIAL_PAUSE_MS;
  }

  #begin(session: Session): void {
    const { context, schedule, population } = this.held;
    this.#isOpen = true;
    population.opened();
    const nowMs = context.clock.now();
    this.#cancelEnd = context.clock.schedule(
      () => this.timeUp(session),
      Math.max(0, schedule.closeAtMs(this.vu) - nowMs),
    );
    this.opened(session, nowMs);
    this.#tellDialled();
  }

  #tellDialled(): void {
    if (this.#hasToldDialled) return;
    this.#hasToldDialled = true;
    this.dialledFirst();
  }

  #finish(result: SessionResult): void {
    this.#cancelEnd();
    if (this.#isOpen) this.held.population.closed(result.wasLost);
    this.#isOpen = false;
    this.#tellDialled();
    this.closed(this.held.context.clock.now(), result);
  }

  /** Before the first dial alone. */
  async #waitForTurn(): Promise<void> {
    const { context, schedule } = this.held;
    const nowMs = context.clock.now();
    schedule.begin(nowMs);
    if (this.#hasDialled) return;
    this.#hasDialled = true;
    await this.#pause.wait(schedule.connectAtMs(this.vu) - nowMs);
  }
}

/** Settings of scenarios that hold their connections for the whole time. */
export interface HeldPlan {
  /** Connections opened a second, all virtual users together; 0 for all at once. */
  readonly connectRate: number;
}

export function readHeld(options: OptionValues, otherwise = 0): HeldPlan {
  return { connectRate: options.value(OPTIONS.connectRate, otherwise) };
}

/** Definitions of the metrics of held connections. */
export const CONNECTION_METRICS: readonly MetricDefinition[] = [
  { name: 'ws_connections', type: 'gauge', contains: 'default' },
  counterMetric('ws_connections_lost'),
];

/** Number of open connections, and of those that the target closed. */
export interface ConnectionMetrics {
  readonly connections: Series;
  readonly lost: Series;
}

/** Makes the metrics of a thread, once; the result binds them to the tags of a scenario. */
function connectionMetrics(registry: SeriesRegistry): (tags: Tags) => ConnectionMetrics {
  const connections = registry.gauge('ws_connections');
  const lost = registry.counter('ws_connections_lost');
  return (tags) => ({ connections: connections.bind(tags), lost: lost.bind(tags) });
}

/** Makes what the virtual users of each part of the plan share. */
export function heldFactory({ connectRate }: HeldPlan, registry: SeriesRegistry): (part: BuiltInPart) => HeldContext {
  const metrics = connectionMetrics(registry);
  return ({ part, tags, context, checks }) => ({
    context,
    schedule: new HeldSchedule({ durationMs: startingTimeMs(part), connectRate }),
    population: new Population(metrics(tags)),
    statusCheck: checks('status is 101'),
  });
}

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
import type { UserDeps, VirtualUser } from './scenario.js';
import { Session, type SessionResult } from './session.js';

/**
 * Shortest duration of an iteration whose dial failed: it spares a target that is down, and the
 * generator.
 */
export const FAILED_DIAL_PAUSE_MS = 1000;

const SECOND_MS = 1000;
/**
 * Delay of virtual users' end after their executor stops starting iterations, so that none starts
 * another one: milliseconds.
 */
const BEHIND_EXECUTOR_MS = 5;
/**
 * Connections that are closed in a millisecond: closing thousands at once would block the thread
 * for longer than anything else in the run.
 */
const CLOSES_PER_MS = 2;

/** The duration and the rate of a schedule. */
export interface HeldScheduleOptions {
  /** Time for which virtual users hold their connections: milliseconds. */
  readonly durationMs: number;
  /** Connections a second, all virtual users together; 0 for all at once. */
  readonly connectRate: number;
}

/**
 * The times at which the virtual users of a scenario connect and close, by the clock of their
 * thread.
 */
export class HeldSchedule {
  #start: number | undefined;

  readonly #options: HeldScheduleOptions;

  constructor(options: HeldScheduleOptions) {
    this.#options = options;
  }

  /** Called when a virtual user begins; only the first call has an effect. */
  begin(nowMs: number): void {
    this.#start ??= nowMs;
  }

  get startMs(): number {
    return this.#start ?? 0;
  }

  get endMs(): number {
    return this.startMs + this.#options.durationMs + BEHIND_EXECUTOR_MS;
  }

  /** The time at which the virtual user with this number closes its connection. */
  closeAtMs(vu: number): number {
    return this.endMs + (vu - 1) / CLOSES_PER_MS;
  }

  /** The time of the first dial of the virtual user with this number (from 1, over all threads). */
  connectAtMs(vu: number): number {
    const { connectRate } = this.#options;
    return connectRate === 0 ? this.startMs : this.startMs + ((vu - 1) * SECOND_MS) / connectRate;
  }
}

const SWITCHING_PROTOCOLS = 101;

/** Counts the open connections of a scenario's virtual users in one thread. */
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

  /** `isLost`: the target closed it. */
  closed(isLost: boolean): void {
    this.#count -= 1;
    this.#metrics.connections.add(this.#count);
    if (isLost) this.#metrics.lost.add(1);
  }
}

/** Shared by the virtual users of a scenario that hold connections. */
export interface HeldDeps {
  readonly deps: UserDeps;
  readonly schedule: HeldSchedule;
  readonly population: Population;
  /** The check 'status is 101'. */
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
    protected readonly held: HeldDeps,
    /** From 1, over all threads. */
    protected readonly vu: number,
  ) {
    this.#pause = new Pause(held.deps.clock);
  }

  abstract onMessage(bytes: Uint8Array, start: number, end: number, isBinary: boolean): void;

  async iterate(): Promise<boolean> {
    const { deps, statusCheck } = this.held;
    this.#wasInterrupted = false;
    await this.#waitForTurn();
    if (this.#wasInterrupted) return false;
    const session = new Session(deps, this, { vu: this.vu });
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

  /** Called when the first handshake of this virtual user has succeeded or failed. */
  protected dialledFirst(): void {
    // Only scenarios that wait for all virtual users need it.
  }

  /** Called when the connection is open. */
  protected abstract opened(session: Session, nowMs: number): void;

  /** Called when the scenario's time is up while the connection is open. */
  protected timeUp(session: Session): void {
    session.close();
  }

  /** Called when the session is over, or its handshake failed. */
  protected closed(_nowMs: number, _result: SessionResult): void {
    // Only scenarios with timers or state of a session need it.
  }

  protected get failedDialPauseMs(): number {
    return FAILED_DIAL_PAUSE_MS;
  }

  #begin(session: Session): void {
    const { deps, schedule, population } = this.held;
    this.#isOpen = true;
    population.opened();
    const nowMs = deps.clock.now();
    this.#cancelEnd = deps.clock.schedule(() => this.timeUp(session), Math.max(0, schedule.closeAtMs(this.vu) - nowMs));
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
    this.closed(this.held.deps.clock.now(), result);
  }

  /** Waits for the time of the first dial. */
  async #waitForTurn(): Promise<void> {
    const { deps, schedule } = this.held;
    const nowMs = deps.clock.now();
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
export function heldFactory({ connectRate }: HeldPlan, registry: SeriesRegistry): (part: BuiltInPart) => HeldDeps {
  const metrics = connectionMetrics(registry);
  return ({ part, tags, deps, checks }) => ({
    deps,
    schedule: new HeldSchedule({ durationMs: startingTimeMs(part), connectRate }),
    population: new Population(metrics(tags)),
    statusCheck: checks('status is 101'),
  });
}

import { formatGoDuration } from '../../core/duration.js';
import { partOf, shareOf } from '../pacing/shard.js';
import { ExecutorBase } from './executor-base.js';
import type { PlanShare } from './executor-definition.js';
import type { ExecutorDeps } from './executor.js';
import type { ScenarioPlan } from './scenario-plan.js';
import type { ScenarioSettings } from './scenario-settings.js';

const SECOND_MS = 1000;
/** Arrivals that a shard's share of the rate is calculated from. */
const SHARE_OF = 1_000_000;
/** An iteration that finds no free virtual user is dropped at once when it is later than this. */
const LATEST_MS = 10;

/** Settings of both arrival rates. */
export interface ArrivalRatePlan extends ScenarioPlan {
  readonly timeUnitMs: number;
  readonly preAllocatedVus: number;
  readonly maxVus: number;
}

/**
 * Starts iterations when they are due, independently of earlier ones: an open model. An iteration
 * that is due while no virtual user is free, and no more may be created, is dropped and counted.
 */
export abstract class ArrivalRate<P extends ArrivalRatePlan> extends ExecutorBase<P> {
  isShortOfVus = false;
  readonly #free = new FreeUsers();
  readonly #maxVus: number;
  /** This thread's share of the scenario's arrivals: 0 to 1. */
  readonly #share: number;
  readonly #arrivals: Iterator<number, unknown>;
  readonly #underWay = new Set<Promise<unknown>>();
  #made: number;
  #isPending = false;
  #cancelNext: () => void = () => undefined;
  #endArrivals: () => void = () => undefined;

  /**
   * `arrivals` are the moments of the whole scenario, in order; this thread takes those of its
   * shard.
   */
  constructor(plan: P, deps: ExecutorDeps, arrivals: Iterable<number>) {
    super(plan, deps);
    this.#arrivals = partOf(arrivals, deps.shard);
    this.#made = shareOf(plan.preAllocatedVus, deps.shard);
    this.#maxVus = shareOf(plan.maxVus, deps.shard);
    this.#share = shareOf(SHARE_OF, deps.shard) / SHARE_OF;
    for (let user = 0; user < this.#made; user += 1) this.#free.add(user);
  }

  get allocatedVus(): number {
    return this.#made;
  }

  get plannedPerSecond(): number {
    if (this.state !== 'running') return 0;
    return perSecond(this.rate, this.plan) * this.#share;
  }

  /** Iterations that are to begin in a time unit, at this moment. */
  protected abstract get rate(): number;

  protected async drive(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#endArrivals = resolve;
      this.#follow();
    });
    await Promise.all(this.#underWay);
  }

  protected stopDriving(): void {
    // The time is up: an arrival that waits for its timer or for a turn of the event loop is too
    // late, and so are all later ones.
    if (this.#isPending && !this.isInterrupted) {
      do this.droppedIterations += 1;
      while (this.#nextArrival() !== undefined);
    }
    this.#cancelNext();
    this.#endArrivals();
  }

  /**
   * Starts every iteration that is due, then waits for the next one; after the last arrival it
   * waits for the end of the time. An iteration that never waits is over at once, but its user is
   * free again only after a turn of the event loop.
   */
  #follow(): void {
    for (let atMs = this.#nextArrival(); atMs !== undefined; atMs = this.#nextArrival()) {
      const delayMs = atMs - this.elapsedMs;
      const dueMs = this.clockMs(atMs);
      if (delayMs > 0) {
        this.#isPending = true;
        this.#cancelNext = this.deps.clock.schedule(() => this.#beginAndFollow(dueMs), delayMs);
        return;
      }
      const mayWait = delayMs > -LATEST_MS;
      const turn = this.#mayBegin || !mayWait ? this.deps.slices.over() : this.deps.slices.turn();
      if (turn !== undefined) {
        this.#isPending = true;
        void turn.then(() => this.#beginAndFollow(dueMs));
        return;
      }
      this.#begin(dueMs);
    }
  }

  #beginAndFollow(dueMs: number): void {
    if (!this.mayStart) return;
    this.#isPending = false;
    this.#begin(dueMs);
    this.#follow();
  }

  #begin(dueMs: number): void {
    const user = this.#takeUser();
    if (user === undefined) {
      this.droppedIterations += 1;
      this.isShortOfVus = true;
      return;
    }
    this.activeVus += 1;
    const iteration = this.iterate(user, dueMs).finally(() => {
      this.activeVus -= 1;
      this.#free.add(user);
      this.#underWay.delete(iteration);
    });
    this.#underWay.add(iteration);
  }

  get #mayBegin(): boolean {
    return this.#free.size > 0 || this.#made < this.#maxVus;
  }

  /** Returns a free virtual user, or creates one when all are busy and more are allowed. */
  #takeUser(): number | undefined {
    const free = this.#free.take();
    if (free !== undefined || this.#made >= this.#maxVus) return free;
    this.#made += 1;
    return this.#made - 1;
  }

  #nextArrival(): number | undefined {
    const { done, value } = this.#arrivals.next();
    return done === true || typeof value !== 'number' ? undefined : value;
  }
}

/**
 * Virtual users that have nothing to do. The one that has waited longest begins next, as in k6, so
 * that all of them take part.
 */
class FreeUsers {
  #users: number[] = [];
  #first = 0;

  get size(): number {
    return this.#users.length - this.#first;
  }

  add(user: number): void {
    this.#users.push(user);
  }

  take(): number | undefined {
    const user = this.#users[this.#first];
    if (user === undefined) return undefined;
    this.#first += 1;
    // Copies each user at most once for each time that it is added.
    if (this.#first * 2 > this.#users.length) {
      this.#users = this.#users.slice(this.#first);
      this.#first = 0;
    }
    return user;
  }
}

export function readArrivals(
  settings: ScenarioSettings,
): Pick<ArrivalRatePlan, 'timeUnitMs' | 'preAllocatedVus' | 'maxVus'> {
  const timeUnitMs = settings.duration('timeUnit', { leastMs: 0, otherwise: SECOND_MS });
  if (timeUnitMs === 0) settings.complain('timeUnit', 'it must be longer than 0');
  settings.require('preAllocatedVUs');
  const preAllocatedVus = settings.integer('preAllocatedVUs', { least: 0, otherwise: 0 });
  const maxVus = settings.integer('maxVUs', { least: 0, otherwise: preAllocatedVus });
  if (maxVus < preAllocatedVus)
    settings.complain('maxVUs', `${maxVus} is less than the ${preAllocatedVus} preAllocatedVUs`);
  return { timeUnitMs, preAllocatedVus, maxVus };
}

export function viewArrivals({
  timeUnitMs,
  preAllocatedVus,
  maxVus,
}: ArrivalRatePlan): Readonly<Record<string, unknown>> {
  return { timeUnit: formatGoDuration(timeUnitMs), preAllocatedVUs: preAllocatedVus, maxVUs: maxVus };
}

export function scaleArrivals(
  { preAllocatedVus, maxVus }: ArrivalRatePlan,
  { countOf }: PlanShare,
): Pick<ArrivalRatePlan, 'preAllocatedVus' | 'maxVus'> {
  return { preAllocatedVus: countOf(preAllocatedVus), maxVus: countOf(maxVus) };
}

/** A rate for each time unit as iterations a second. */
export function perSecond(rate: number, { timeUnitMs }: Pick<ArrivalRatePlan, 'timeUnitMs'>): number {
  return (rate * SECOND_MS) / timeUnitMs;
}

/** The same in the form of k6's header. */
export function formatRate(rate: number, plan: ArrivalRatePlan): string {
  return perSecond(rate, plan).toFixed(2);
}

/** `maxVUs: 10-20`. */
export function vuRange({ preAllocatedVus, maxVus }: ArrivalRatePlan): string {
  return preAllocatedVus === maxVus ? `maxVUs: ${maxVus}` : `maxVUs: ${preAllocatedVus}-${maxVus}`;
}

import { rateAt } from '../pacing/arrivals.js';
import { partOf, shareOf } from '../pacing/shard.js';
import type { ConstantArrivalRatePlan, RampingArrivalRatePlan } from './scenario-plan.js';
import type { ExecutorContext } from './executor.js';
import { ExecutorBase } from './executor-base.js';

const SECOND_MS = 1000;
/** So many arrivals tell which part of them is a shard's. */
const SHARE_OF = 1_000_000;
/** An iteration that finds no free virtual user is dropped at once when it is later than this. */
const LATEST_MS = 10;

/**
 * Iterations begin when they are due, whatever the ones before do: an open model. One that is due
 * while no virtual user is free, and no more may be made, is dropped and counted.
 */
export class ArrivalRate extends ExecutorBase<ConstantArrivalRatePlan | RampingArrivalRatePlan> {
  isShortOfVus = false;
  readonly #free = new FreeUsers();
  readonly #maxVus: number;
  /** The part of the scenario's arrivals that this thread begins. */
  readonly #share: number;
  readonly #arrivals: Iterator<number, unknown>;
  readonly #underWay = new Set<Promise<unknown>>();
  #made: number;
  #isPending = false;
  #cancelNext: () => void = () => undefined;
  #endArrivals: () => void = () => undefined;

  /**
   * `arrivals` are the moments of the whole scenario, in order; this thread begins those of its
   * shard.
   */
  constructor(
    plan: ConstantArrivalRatePlan | RampingArrivalRatePlan,
    context: ExecutorContext,
    arrivals: Iterable<number>,
  ) {
    super(plan, context);
    this.#arrivals = partOf(arrivals, context.shard);
    this.#made = shareOf(plan.preAllocatedVus, context.shard);
    this.#maxVus = shareOf(plan.maxVus, context.shard);
    this.#share = shareOf(SHARE_OF, context.shard) / SHARE_OF;
    for (let user = 0; user < this.#made; user += 1) this.#free.add(user);
  }

  get allocatedVus(): number {
    return this.#made;
  }

  get plannedPerSecond(): number {
    if (this.state !== 'running') return 0;
    const { timeUnitMs } = this.plan;
    const rate = this.plan.executor === 'constant-arrival-rate' ? this.plan.rate : rateAt(this.plan, this.elapsedMs);
    return (rate * SECOND_MS * this.#share) / timeUnitMs;
  }

  protected async drive(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#endArrivals = resolve;
      this.#follow();
    });
    await Promise.all(this.#underWay);
  }

  protected stopDriving(): void {
    // The time is up: what waits for its timer or for a turn of the event loop comes too late, and
    // so does all behind it.
    if (this.#isPending && !this.isInterrupted) {
      do this.droppedIterations += 1;
      while (this.#nextArrival() !== undefined);
    }
    this.#cancelNext();
    this.#endArrivals();
  }

  /**
   * Begins everything that is due, then waits for what comes next; behind the last arrival for the
   * end of the time. An iteration that never waits is over, but its user is not free again before
   * the event loop has turned.
   */
  #follow(): void {
    for (let atMs = this.#nextArrival(); atMs !== undefined; atMs = this.#nextArrival()) {
      const delayMs = atMs - this.elapsedMs;
      const dueMs = this.clockMs(atMs);
      if (delayMs > 0) {
        this.#isPending = true;
        this.#cancelNext = this.context.clock.schedule(() => this.#beginAndFollow(dueMs), delayMs);
        return;
      }
      const mayWait = delayMs > -LATEST_MS;
      const turn = this.#mayBegin || !mayWait ? this.context.slices.over() : this.context.slices.turn();
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

  /** A free virtual user, made when all are busy and more are allowed. */
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
 * Virtual users that have nothing to do: who waits longest begins next, as in k6, so that all of
 * them take part.
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
    // Copies each user once at most for each time that it is added.
    if (this.#first * 2 > this.#users.length) {
      this.#users = this.#users.slice(this.#first);
      this.#first = 0;
    }
    return user;
  }
}

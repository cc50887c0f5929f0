import type { Clock } from '../../core/clock.js';
import { NameResolver } from '../client/name-resolver.js';
import { createExecutor, executorOf, maxScenarioVus } from '../executor/index.js';
import type { Executor, IterationPool } from '../executor/executor.js';
import { TimeSlices } from '../executor/time-slices.js';
import { ArrivalPace, LagClock, ThreadGauges } from '../health/thread-gauges.js';
import { sumPaces } from '../health/merge-health.js';
import { BuiltInMetrics } from '../metric/built-in-metrics.js';
import { bothTaps, Breakdown } from '../metric/breakdown.js';
import { drainMetrics } from '../metric/drain-metrics.js';
import { SeriesRegistry } from '../metric/series-registry.js';
import type { SampleBuffer } from '../metric/sample-batch.js';
import type { Tags } from '../metric/series.js';
import { numberInPlan, shareOf, type Shard } from '../pacing/shard.js';
import { createStripe } from '../pacing/stripe.js';
import { AddressBlock } from '../client/local-addresses.js';
import type { Plan } from '../plan/plan.js';
import { keptSubmetrics } from '../plan/read-thresholds.js';
import type { ScenarioPlan } from '../executor/scenario-plan.js';
import { OpenConnections } from '../scenario/open-connections.js';
import type { Scenario } from '../scenario/scenario.js';
import { BuiltInLoad, type BuiltInLoadOptions } from './built-in-load.js';
import type { LoadedScript, LoadOptions, LoadEvents } from './load-options.js';
import { MeasuredUsers } from './measured-users.js';
import { progressOf, sumProgress, type ThreadProgress } from './progress-cells.js';
import type { EndMessage, SetUpOutcome } from './protocol.js';
import type { ScriptLoad, ScriptLoadOptions } from './script-load.js';

const SECOND_MS = 1000;
const PROGRESS_MS = 50;
const READ_BUFFER_BYTES = 65_536;

/**
 * The virtual users of a plan in one thread: runs their executors and reports the recorded values
 * once per second.
 */
export class Load {
  readonly #registry: SeriesRegistry;
  readonly #breakdown: Breakdown | undefined;
  readonly #metrics: BuiltInMetrics;
  readonly #connections = new OpenConnections();
  readonly #gauges: ThreadGauges;
  readonly #slices: TimeSlices;
  readonly #executors: readonly Executor[];
  readonly #countedDrops: number[] = [];
  #startMs = 0;
  #second = 0;
  readonly #arrivals = new ArrivalPace();
  #areUsersDone = false;
  #cancelSecond: () => void = () => undefined;
  #cancelProgress: () => void = () => undefined;

  readonly #plan: Plan;
  readonly #events: LoadEvents;
  readonly #clock: Clock;
  readonly #shard: Shard;
  readonly #samples: SampleBuffer | undefined;
  readonly #script: ScriptLoad | undefined;
  readonly #builtIn: BuiltInLoad | undefined;
  #executorsStartMs = 0;
  #isStopped = false;
  #hasRun = false;

  constructor(options: LoadOptions) {
    this.#plan = options.plan;
    this.#breakdown = options.breaksDown === true ? new Breakdown() : undefined;
    const tap = bothTaps(options.samples?.tap, this.#breakdown?.tap);
    this.#registry = new SeriesRegistry({ submetrics: keptSubmetrics(options.plan), tap });
    this.#samples = options.samples;
    this.#metrics = new BuiltInMetrics(this.#registry);
    const { segment } = options.plan;
    this.#shard = segment === undefined ? options.shard : { ...options.shard, stripe: createStripe(segment) };
    this.#events = options.events;
    this.#clock = options.clock;
    this.#gauges = new ThreadGauges(options.clock);
    this.#slices = new TimeSlices(options.clock);
    this.#script = options.script && this.#createScript(options.script);
    this.#builtIn = this.#createBuiltIn(options.plan);
    let usersBefore = 0;
    this.#executors = this.#plan.scenarios.flatMap((part, index) => {
      const pool = options.pools[index];
      const firstVu = usersBefore + 1;
      usersBefore += maxScenarioVus(part);
      return pool === undefined ? [] : [this.#createExecutor(part, pool, firstVu)];
    });
  }

  /** Creates the initial virtual users. */
  async prepare(): Promise<void> {
    await this.#script?.prepare();
  }

  /**
   * Starts the clock of the run, which began `agoMs` ago in all threads, so that their seconds have
   * the same bounds.
   */
  begin(agoMs: number): void {
    this.#startMs = this.#clock.now() - agoMs;
    this.#gauges.start();
    this.#scheduleSecond();
    this.#reportProgress();
  }

  /** Runs `setup` on behalf of all threads. */
  async setUp(): Promise<SetUpOutcome> {
    return this.#script === undefined ? { mayBegin: true } : await this.#script.setUp();
  }

  /** Runs the virtual users until the last iteration has ended. */
  async runUsers({ mayBegin, data }: SetUpOutcome): Promise<void> {
    this.#script?.takeSetupData(data);
    this.#executorsStartMs = this.#clock.now();
    this.#hasRun = mayBegin && !this.#isStopped;
    if (this.#hasRun) await Promise.all(this.#executors.map((executor) => executor.run()));
    this.#builtIn?.end();
    this.#writeProgress();
  }

  /** Runs `teardown` on behalf of all threads. */
  async tearDown(): Promise<void> {
    if (this.#hasRun) await this.#script?.tearDown();
  }

  /**
   * Waits for the last connection. Resolves with the time until the end of the last iteration,
   * including teardown.
   */
  async finish(): Promise<Omit<EndMessage, 'type'>> {
    const durationMs = this.#clock.now() - this.#startMs;
    this.#areUsersDone = true;
    this.#cancelProgress();
    this.#writeProgress();
    await this.#connections.empty(this.#clock);
    this.#cancelSecond();
    this.#endSecond();
    this.#samples?.finish();
    this.#gauges.stop();
    return { durationMs, ...this.#script?.results() };
  }

  /**
   * Reports the values of the current second when the thread crashes; nothing before the load
   * begins.
   */
  handOver(): void {
    if (this.#startMs === 0) return;
    this.#endSecond();
    this.#samples?.finish();
  }

  /** Interrupts everything that is running; the rest ends soon. */
  stop(): void {
    this.#isStopped = true;
    this.#script?.interruptStage();
    for (const executor of this.#executors) executor.stop();
  }

  #createScript({ bundle, createScriptLoad }: LoadedScript): ScriptLoad {
    return createScriptLoad({
      bundle,
      ...this.#scenarioParts(),
      progress: () => this.#scenarioProgress(),
      startMs: () => this.#startMs,
      executorsStartMs: () => this.#executorsStartMs,
      stop: () => this.stop(),
    });
  }

  /**
   * Progress of each scenario over all threads: current for this thread, last reported for the
   * others.
   */
  #scenarioProgress(): readonly ThreadProgress[] {
    const own = this.#shard.index;
    return this.#executors.map((executor, index) => {
      const others = this.#events.progress.flatMap((cells, thread) =>
        thread === own ? [] : (cells[index]?.read() ?? []),
      );
      return sumProgress([progressOf(executor, this.#clock.now() - this.#startMs), ...others]);
    });
  }

  #createBuiltIn({ behaviour }: Plan): BuiltInLoad | undefined {
    if (behaviour.type === 'script') return undefined;
    return new BuiltInLoad({ behaviour, ...this.#scenarioParts(), stripe: this.#shard.stripe });
  }

  #scenarioParts(): Pick<ScriptLoadOptions, keyof ScriptLoadOptions & keyof BuiltInLoadOptions> {
    const plan = this.#plan;
    const registry = this.#registry;
    const metrics = this.#metrics;
    const connections = this.#connections;
    const events = this.#events;
    const clock = new LagClock(this.#clock, this.#gauges.lag);
    const { dns, blockedNetworks } = plan.runtime;
    const { lookup } = new NameResolver({ dns, clock: this.#clock, blocked: new AddressBlock(blockedNetworks) });
    return {
      lookup,
      plan,
      registry,
      metrics,
      connections,
      events,
      clock,
      readBuffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
    };
  }

  #createScenario(part: ScenarioPlan, tags: Tags, numbers: readonly number[]): Scenario {
    const load = this.#script ?? this.#builtIn;
    if (load === undefined) throw new Error(`the script ${this.#plan.behaviour.name} was not handed over`);
    return load.createScenario(part, tags, numbers);
  }

  #createExecutor(part: ScenarioPlan, pool: IterationPool, firstVu: number): Executor {
    const tags = this.#tagsOf(part);
    const clock = this.#clock;
    const shard = this.#shard;
    const metrics = this.#metrics;
    const numberOf = (user: number): number => firstVu + numberInPlan(user, shard);
    const ownUsers = shareOf(executorOf(part).initialVus(part), shard);
    const numbers = Array.from({ length: ownUsers }, (_, user) => numberOf(user));
    const scenario = this.#createScenario(part, tags, numbers);
    const { minIterationMs } = this.#plan;
    const runner = new MeasuredUsers({ scenario, metrics, tags, clock, numberOf, minIterationMs });
    return createExecutor(part, { runner, clock, shard, pool, slices: this.#slices });
  }

  /**
   * Tags of all samples of a scenario. Its own tags override those of the run, and neither
   * overrides its name.
   */
  #tagsOf({ name, tags }: ScenarioPlan): Tags {
    const given = [...Object.entries(this.#plan.tags), ...Object.entries(tags)];
    return this.#script?.tagsOf(name, given) ?? new Map([...given, ['scenario', name]]);
  }

  #scheduleSecond(): void {
    const dueMs = this.#startMs + (this.#second + 1) * SECOND_MS;
    this.#cancelSecond = this.#clock.schedule(
      () => {
        // While the last connections close, there are no virtual users: k6 has stopped sampling by
        // then.
        if (!this.#areUsersDone) this.#sampleUsers();
        this.#endSecond();
        this.#scheduleSecond();
      },
      Math.max(0, dueMs - this.#clock.now()),
    );
  }

  #sampleUsers(): void {
    const tags: Tags = new Map(Object.entries(this.#plan.tags));
    this.#metrics.vus.add(
      this.#executors.reduce((sum, executor) => sum + executor.activeVus, 0),
      tags,
    );
    this.#metrics.vusMax.add(
      this.#executors.reduce((sum, executor) => sum + executor.allocatedVus, 0),
      tags,
    );
  }

  #endSecond(): void {
    this.#connections.countBytes();
    const shortOfVus = this.#countDropped();
    const pace = sumPaces([this.#builtIn?.takePace(), this.#arrivals.take(this.#executors)]);
    this.#events.secondEnded({
      type: 'second',
      second: this.#second,
      elapsedMs: this.#clock.now() - this.#startMs,
      metrics: drainMetrics(this.#registry),
      parts: this.#breakdown?.drain(),
      health: this.#gauges.read(),
      load: { backlogBytes: this.#connections.backlogBytes, ...(pace && { pace }) },
      shortOfVus,
    });
    this.#second += 1;
  }

  /**
   * Counts the dropped iterations of this second. Returns the scenarios that lack virtual users.
   */
  #countDropped(): number[] {
    return this.#executors.flatMap((executor, index) => {
      const dropped = executor.droppedIterations - (this.#countedDrops[index] ?? 0);
      this.#countedDrops[index] = executor.droppedIterations;
      const part = this.#plan.scenarios[index];
      if (dropped > 0 && part !== undefined) this.#metrics.droppedIterations.add(dropped, this.#tagsOf(part));
      return executor.isShortOfVus === true ? [index] : [];
    });
  }

  #reportProgress(): void {
    this.#writeProgress();
    this.#samples?.flush();
    this.#cancelProgress = this.#clock.schedule(() => this.#reportProgress(), PROGRESS_MS);
  }

  #writeProgress(): void {
    const cells = this.#events.progress[this.#shard.index];
    this.#executors.forEach((executor, index) =>
      cells?.[index]?.write(progressOf(executor, this.#clock.now() - this.#startMs)),
    );
  }
}

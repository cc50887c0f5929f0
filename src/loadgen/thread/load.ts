import type { Clock } from '../../core/clock.js';
import { createDialTarget } from '../client/dial-target.js';
import { createExecutor } from '../executor/create-executor.js';
import type { Executor } from '../executor/executor.js';
import type { IterationPool } from '../executor/iteration-pool.js';
import { LagClock } from '../health/lag-clock.js';
import { ThreadGauges } from '../health/thread-gauges.js';
import { BuiltInMetrics } from '../metric/built-in-metrics.js';
import { drainMetrics } from '../metric/drain-metrics.js';
import { CheckRecorder } from '../metric/check-recorder.js';
import { MetricRegistry } from '../metric/metric-registry.js';
import { withTags, type Tags } from '../metric/tags.js';
import { numberInPlan, type Shard } from '../pacing/shard.js';
import { createStripe } from '../pacing/stripe.js';
import type { Plan } from '../plan/plan.js';
import { maxScenarioVus, type ScenarioPlan } from '../plan/scenario-plan.js';
import { OpenConnections } from '../scenario/open-connections.js';
import type { Scenario, UserContext } from '../scenario/scenario.js';
import { SnapshotScenario } from '../scenario/snapshot.js';
import { MeasuredUsers } from './measured-users.js';
import type { ProgressCells } from './progress-cells.js';
import type { SecondMessage } from './protocol.js';

const SECOND_MS = 1000;
const PROGRESS_MS = 50;
const READ_BUFFER_BYTES = 65_536;

/** Where a load tells how it goes. */
export interface LoadOutlets {
  /** One for each scenario of the plan. */
  readonly progress: readonly ProgressCells[];
  secondEnded(message: SecondMessage): void;
}

/** What a load is made of. */
export interface LoadOptions {
  readonly plan: Plan;
  /** Of the threads of this process; the plan's execution segment comes before. */
  readonly shard: Shard;
  /** One for each scenario of the plan. */
  readonly pools: readonly IterationPool[];
  readonly outlets: LoadOutlets;
  readonly clock: Clock;
}

/** The virtual users of a plan in one thread: runs their executors and hands over what they recorded, once a second. */
export class Load {
  private readonly registry: MetricRegistry;
  private readonly metrics: BuiltInMetrics;
  private readonly connections = new OpenConnections();
  private readonly gauges: ThreadGauges;
  private readonly executors: readonly Executor[];
  private readonly countedDrops: number[] = [];
  private startMs = 0;
  private second = 0;
  private areUsersDone = false;
  private cancelSecond: () => void = () => undefined;
  private cancelProgress: () => void = () => undefined;

  private readonly plan: Plan;
  private readonly outlets: LoadOutlets;
  private readonly clock: Clock;
  private readonly shard: Shard;

  constructor(options: LoadOptions) {
    this.plan = options.plan;
    this.registry = new MetricRegistry({ submetrics: options.plan.submetrics });
    this.metrics = new BuiltInMetrics(this.registry);
    const { segment } = options.plan;
    this.shard = segment === undefined ? options.shard : { ...options.shard, stripe: createStripe(segment) };
    this.outlets = options.outlets;
    this.clock = options.clock;
    this.gauges = new ThreadGauges(options.clock);
    let usersBefore = 0;
    this.executors = this.plan.scenarios.flatMap((part, index) => {
      const pool = options.pools[index];
      const firstVu = usersBefore + 1;
      usersBefore += maxScenarioVus(part);
      return pool === undefined ? [] : [this.createExecutor(part, pool, firstVu)];
    });
  }

  /** Runs to the end of the last iteration and connection; resolves with the time to the last iteration's end in milliseconds. */
  async run(): Promise<number> {
    this.startMs = this.clock.now();
    this.gauges.start();
    this.scheduleSecond();
    this.reportProgress();
    await Promise.all(this.executors.map((executor) => executor.run()));
    const durationMs = this.clock.now() - this.startMs;
    this.areUsersDone = true;
    this.cancelProgress();
    this.writeProgress();
    await this.connections.empty();
    this.cancelSecond();
    this.endSecond();
    this.gauges.stop();
    return durationMs;
  }

  /** Interrupts the iterations; `run` then ends soon. */
  stop(): void {
    for (const executor of this.executors) executor.stop();
  }

  private createScenario(tags: Tags): Scenario {
    const { behaviour, seed } = this.plan;
    if (behaviour.type === 'script') throw new Error(`${behaviour.name} is a script, and no thread runs scripts yet`);
    const context: UserContext = {
      clock: new LagClock(this.clock, this.gauges.lag),
      readBuffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
      target: createDialTarget(behaviour.target.normalised),
      metrics: this.metrics.bindSession(tags),
      connections: this.connections,
    };
    switch (behaviour.name) {
      case 'snapshot':
        return new SnapshotScenario(context, (name) => this.checkRecorder(name, tags), seed);
    }
  }

  private checkRecorder(name: string, tags: Tags): CheckRecorder {
    return new CheckRecorder(
      this.registry.check(name),
      this.metrics.checks.bind(withTags(tags, new Map([['check', name]]))),
    );
  }

  private createExecutor(part: ScenarioPlan, pool: IterationPool, firstVu: number): Executor {
    const tags = this.tagsOf(part);
    const scenario = this.createScenario(tags);
    const iterations = this.metrics.iterations.bind(tags);
    const iterationDuration = this.metrics.iterationDuration.bind(tags);
    const { clock } = this;
    const { shard } = this;
    const metrics = { iterations, iterationDuration };
    const numberOf = (user: number): number => firstVu + numberInPlan(user, shard);
    const { minIterationMs } = this.plan;
    const runner = new MeasuredUsers({ scenario, metrics, clock, numberOf, minIterationMs });
    return createExecutor(part, { runner, clock, shard, pool });
  }

  /** Of every sample of a scenario; its own tags win over those of the run, and neither over its name. */
  private tagsOf({ name, tags }: ScenarioPlan): Tags {
    return new Map([...Object.entries(this.plan.tags), ...Object.entries(tags), ['scenario', name]]);
  }

  private scheduleSecond(): void {
    const dueMs = this.startMs + (this.second + 1) * SECOND_MS;
    this.cancelSecond = this.clock.schedule(
      () => {
        // While the last connections close there are no users any more: k6 has stopped sampling then.
        if (!this.areUsersDone) this.sampleUsers();
        this.endSecond();
        this.scheduleSecond();
      },
      Math.max(0, dueMs - this.clock.now()),
    );
  }

  private sampleUsers(): void {
    this.metrics.vus.total.add(this.executors.reduce((sum, executor) => sum + executor.activeVus, 0));
    this.metrics.vusMax.total.add(this.executors.reduce((sum, executor) => sum + executor.allocatedVus, 0));
  }

  private endSecond(): void {
    this.connections.countBytes();
    this.countDropped();
    this.outlets.secondEnded({
      type: 'second',
      second: this.second,
      elapsedMs: this.clock.now() - this.startMs,
      metrics: drainMetrics(this.registry),
      health: this.gauges.read(),
    });
    this.second += 1;
  }

  private countDropped(): void {
    this.executors.forEach((executor, index) => {
      const dropped = executor.droppedIterations - (this.countedDrops[index] ?? 0);
      this.countedDrops[index] = executor.droppedIterations;
      const part = this.plan.scenarios[index];
      if (dropped > 0 && part !== undefined) this.metrics.droppedIterations.add(dropped, this.tagsOf(part));
    });
  }

  private reportProgress(): void {
    this.writeProgress();
    this.cancelProgress = this.clock.schedule(() => this.reportProgress(), PROGRESS_MS);
  }

  private writeProgress(): void {
    const elapsedMs = Math.round(this.clock.now() - this.startMs);
    this.executors.forEach((executor, index) => {
      const { state, activeVus, allocatedVus, completeIterations, interruptedIterations, droppedIterations } = executor;
      const iterations = { completeIterations, interruptedIterations, droppedIterations };
      this.outlets.progress[index]?.write({ state, activeVus, allocatedVus, ...iterations, elapsedMs });
    });
  }
}

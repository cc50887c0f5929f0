import type { Clock } from '../../core/clock.js';
import { createDialTarget } from '../client/dial-target.js';
import { Executor, type IterationRunner } from '../executor/executor.js';
import { LagClock } from '../health/lag-clock.js';
import { ThreadGauges } from '../health/thread-gauges.js';
import { BuiltInMetrics } from '../metric/built-in-metrics.js';
import { drainMetrics } from '../metric/drain-metrics.js';
import { CheckRecorder } from '../metric/check-recorder.js';
import { MetricRegistry } from '../metric/metric-registry.js';
import { withTags, type Tags } from '../metric/tags.js';
import { maxPlanVus, type Plan, type ScenarioPlan } from '../plan/plan.js';
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

/** The virtual users of a plan in one thread: runs their executors and hands over what they recorded, once a second. */
export class Load {
  private readonly registry = new MetricRegistry();
  private readonly metrics = new BuiltInMetrics(this.registry);
  private readonly connections = new OpenConnections();
  private readonly gauges: ThreadGauges;
  private readonly executors: readonly Executor[];
  private startMs = 0;
  private second = 0;
  private areUsersDone = false;
  private cancelSecond: () => void = () => undefined;
  private cancelProgress: () => void = () => undefined;

  constructor(
    private readonly plan: Plan,
    private readonly outlets: LoadOutlets,
    private readonly clock: Clock,
  ) {
    this.gauges = new ThreadGauges(clock);
    this.executors = plan.scenarios.map((part) => this.createExecutor(part));
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
    const context: UserContext = {
      clock: new LagClock(this.clock, this.gauges.lag),
      readBuffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
      target: createDialTarget(this.plan.target.normalised),
      metrics: this.metrics.bindSession(tags),
      connections: this.connections,
    };
    switch (this.plan.behaviour) {
      case 'snapshot':
        return new SnapshotScenario(context, (name) => this.checkRecorder(name, tags), this.plan.seed);
    }
  }

  private checkRecorder(name: string, tags: Tags): CheckRecorder {
    return new CheckRecorder(
      this.registry.check(name),
      this.metrics.checks.bind(withTags(tags, new Map([['check', name]]))),
    );
  }

  private createExecutor(part: ScenarioPlan): Executor {
    const tags: Tags = new Map([['scenario', part.name]]);
    const scenario = this.createScenario(tags);
    const iterations = this.metrics.iterations.bind(tags);
    const iterationDuration = this.metrics.iterationDuration.bind(tags);
    const users: IterationRunner = new MeasuredUsers(scenario, { iterations, iterationDuration }, this.clock);
    return new Executor(part, users, this.clock);
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
    this.metrics.vusMax.total.add(maxPlanVus(this.plan));
  }

  private endSecond(): void {
    this.connections.countBytes();
    this.outlets.secondEnded({
      type: 'second',
      second: this.second,
      elapsedMs: this.clock.now() - this.startMs,
      metrics: drainMetrics(this.registry),
      health: this.gauges.read(),
    });
    this.second += 1;
  }

  private reportProgress(): void {
    this.writeProgress();
    this.cancelProgress = this.clock.schedule(() => this.reportProgress(), PROGRESS_MS);
  }

  private writeProgress(): void {
    const elapsedMs = Math.round(this.clock.now() - this.startMs);
    this.executors.forEach((executor, index) => {
      const { activeVus, completeIterations, interruptedIterations, state } = executor;
      this.outlets.progress[index]?.write({ activeVus, completeIterations, interruptedIterations, state, elapsedMs });
    });
  }
}

import { decodeHistogram } from '../../src/core/histogram/histogram-codec.js';
import { decodeSketch } from '../../src/core/histogram/sketch-codec.js';
import { IterationPool, type IterationRunner, type IterationTicket } from '../../src/loadgen/executor/executor.js';
import { createExecutor } from '../../src/loadgen/executor/index.js';
import type { ScenarioPlan } from '../../src/loadgen/executor/scenario-plan.js';
import { TimeSlices } from '../../src/loadgen/executor/time-slices.js';
import { drainMetrics, withWallTimes } from '../../src/loadgen/metric/drain-metrics.js';
import { SeriesRegistry } from '../../src/loadgen/metric/series-registry.js';
import { NO_TAGS } from '../../src/loadgen/metric/series.js';
import { shardSegment } from '../../src/loadgen/plan/execution-segment.js';
import type { PlanShard } from '../../src/loadgen/plan/plan-shard.js';
import { numberInPlan, type Shard } from '../../src/loadgen/pacing/shard.js';
import { createStripe } from '../../src/loadgen/pacing/stripe.js';
import { RunAccumulator } from '../../src/loadgen/run/run-accumulator.js';
import { RunFileWriter } from '../../src/run-file/index.js';
import type { MetricDefinition, RunHeader } from '../../src/run-file/records.js';
import { ManualClock } from './manual-clock.js';
import { sampleHeader, sampleHealth } from './sample-run.js';

/** The target's answer to one iteration. */
export interface ScriptedAnswer {
  /** Time until the iteration ends. */
  readonly durationMs: number;
  /** The recorded sample. */
  readonly sample: number;
}

/** Answers by the number of a virtual user in the plan and of its iteration. */
export type ScriptedTarget = (user: number, iteration: number, ticket: IterationTicket) => ScriptedAnswer;

const SLICE_MS = 50;

const METRICS: readonly MetricDefinition[] = [
  { name: 'iterations', type: 'counter', contains: 'default' },
  { name: 'ws_rtt', type: 'trend', contains: 'time' },
  { name: 'size', type: 'trend', contains: 'data' },
  { name: 'even', type: 'rate', contains: 'default' },
  { name: 'vus', type: 'gauge', contains: 'default' },
];

/** A virtual user's iterations against a scripted target, recorded in all types of metrics. */
class ScriptedIterations implements IterationRunner {
  readonly registry = new SeriesRegistry();
  readonly #count = this.registry.counter('iterations');
  readonly #time = this.registry.timeTrend('ws_rtt');
  readonly #size = this.registry.define('size', 'trend', 'data');
  readonly #rate = this.registry.rate('even');
  readonly #vus = this.registry.gauge('vus');
  readonly #iterations = new Map<number, number>();
  readonly #under = new Map<number, (isComplete: boolean) => void>();

  readonly #clock: ManualClock;
  readonly #shard: Shard;
  readonly #target: ScriptedTarget;

  constructor(clock: ManualClock, shard: Shard, target: ScriptedTarget) {
    this.#clock = clock;
    this.#shard = shard;
    this.#target = target;
  }

  iterate(user: number, ticket: IterationTicket): Promise<boolean> {
    const iteration = this.#iterations.get(user) ?? 0;
    this.#iterations.set(user, iteration + 1);
    const { durationMs, sample } = this.#target(numberInPlan(user, this.#shard), iteration, ticket);
    return new Promise((resolve) => {
      const end = (isComplete: boolean): void => {
        cancel();
        this.#under.delete(user);
        if (isComplete) this.#record(sample);
        resolve(isComplete);
      };
      const cancel = this.#clock.schedule(() => end(true), durationMs);
      this.#under.set(user, end);
    });
  }

  interrupt(user: number): void {
    this.#under.get(user)?.(false);
  }

  interruptAll(): void {
    for (const end of this.#under.values()) end(false);
  }

  setVus(vus: number): void {
    this.#vus.add(vus, NO_TAGS);
  }

  #record(sample: number): void {
    this.#count.add(1, NO_TAGS);
    this.#time.add(sample, NO_TAGS);
    this.#size.add(sample * 8, NO_TAGS);
    this.#rate.add(sample % 2, NO_TAGS);
    const check = this.registry.check('is small', sample % 3 === 0 ? '::group' : '');
    if (sample < 200) check.passes += 1;
    else check.fails += 1;
  }
}

/** A shard, and where its run file is written. */
export interface ScriptedShardOptions {
  readonly path: string;
  /** Undefined runs the whole plan. */
  readonly shard: PlanShard | undefined;
  readonly target: ScriptedTarget;
  readonly seconds: number;
  readonly header?: Partial<RunHeader>;
}

/** Runs a scenario, or a shard of it, on a manual clock and writes its run file. */
export async function runScriptedShard(plan: ScenarioPlan, options: ScriptedShardOptions): Promise<void> {
  const { path, shard, target, seconds, header } = options;
  const clock = new ManualClock();
  const segment = shard && shardSegment(shard);
  const part: Shard = { index: 0, count: 1, ...(segment !== undefined && { stripe: createStripe(segment) }) };
  const iterations = new ScriptedIterations(clock, part, target);
  const slices = new TimeSlices({ now: () => 0 });
  const executor = createExecutor(plan, { runner: iterations, clock, shard: part, pool: new IterationPool(), slices });
  const writer = await RunFileWriter.create(path);
  const startedAt = new Date(clock.wallNow()).toISOString();
  writer.writeHeader(
    sampleHeader({
      startedAt,
      metrics: METRICS,
      ...(segment !== undefined && { segment: { ...segment, description: ['the whole plan'] } }),
      ...(shard !== undefined && { shard }),
      ...header,
    }),
  );
  const totals = new RunAccumulator();
  const finished = executor.run();
  for (let second = 0; second < seconds; second += 1) {
    for (let passedMs = 0; passedMs < 1000; passedMs += SLICE_MS) {
      clock.advance(SLICE_MS);
      for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => void setImmediate(resolve));
    }
    iterations.setVus(executor.allocatedVus);
    const metrics = drainMetrics(iterations.registry);
    totals.add(metrics);
    const { counters, rates, trends, checks } = metrics;
    const gauges = withWallTimes(metrics.gauges, () => clock.wallNow());
    writer.writeSecond({ second, elapsedMs: clock.now(), counters, gauges, rates, trends, checks });
    for (const { series, kind, bytes } of metrics.histograms)
      writer.writeHistogram({ series, kind, second, histogram: decodeHistogram(bytes) });
    for (const { series, bytes } of metrics.sketches)
      writer.writeSketch({ series, second, sketch: decodeSketch(bytes) });
    writer.writeHealth(sampleHealth(second));
  }
  executor.stop();
  await finished;
  const { completeIterations: complete, interruptedIterations: interrupted } = executor;
  writer.writeEnd({
    reason: 'finished',
    health: { verdict: 'healthy', reasons: [], saturatedSeconds: [] },
    totals: totals.totals(clock.now(), { complete, interrupted }),
  });
  await writer.close();
}

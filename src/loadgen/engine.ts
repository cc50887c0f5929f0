import { decodeHistogram } from '../core/histogram/histogram-codec.js';
import { decodeSketch } from '../core/histogram/sketch-codec.js';
import { WsgError } from '../core/error.js';
import type {
  EndReason,
  GatewayRecord,
  HealthRecord,
  Run,
  RunEnd,
  RunEventRecord,
  RunHeader,
  RunTotals,
  SecondRecord,
  ThresholdRecord,
} from '../run-file/records.js';
import { ThresholdJudge } from '../summary/k6/threshold-judge.js';
import { probeTargets, explainSilence } from './run/targets.js';
import { GatewayWatch } from './gateway-watch/gateway-watch.js';
import { judgeRun } from '../run-file/judge-health.js';
import { composeHealth } from './health/merge-health.js';
import { ProcessGauges } from './health/process-gauges.js';
import { withoutTimes, withWallTimes, type TimedGauge } from './metric/drain-metrics.js';
import type { Plan } from './plan/plan.js';
import { RunAccumulator } from './run/run-accumulator.js';
import type { EngineDeps } from './engine-deps.js';
import { createRunHeader } from './run/run-header.js';
import { composeProgress } from './run/run-observer.js';
import type { StageFailure } from './script/script-runner.js';
import { ThreadGroup } from './thread/thread-group.js';
import type { LogMessage, SecondMessage, VerdictMessage } from './thread/protocol.js';

const PROGRESS_MS = 100;
const STAGE_TIMEOUT = { setup: 'script.setup-timeout', teardown: 'script.teardown-timeout' } as const;
/** An action that starts later than this (in milliseconds) is reported as a stall. */
const STALL_MS = 250;

/**
 * Runs one plan: probes the target, starts the load threads, and collects their results each
 * second.
 */
export class Engine {
  readonly #threads: ThreadGroup;
  readonly #accumulator = new RunAccumulator();
  readonly #parts = new RunAccumulator();
  readonly #judge: ThresholdJudge;
  readonly #gauges: ProcessGauges;
  readonly #seconds: SecondRecord[] = [];
  readonly #health: HealthRecord[] = [];
  readonly #gateway: GatewayRecord[] = [];
  readonly #events: RunEventRecord[] = [];
  /** Indexes of the scenarios for which a shortage of virtual users was reported. */
  readonly #saidShort = new Set<number>();
  #hasHeader = false;
  #ending: EndReason | undefined;
  #crash: WsgError | undefined;
  readonly #probing = new AbortController();
  #cancelProgress: () => void = () => undefined;
  #markedFailed: string | undefined;
  #setupJson: string | undefined;
  /** Both clocks at the same moment. */
  readonly #clockReading: { readonly wallMs: number; readonly atNs: bigint };

  readonly #plan: Plan;
  readonly #deps: EngineDeps;

  constructor(plan: Plan, deps: EngineDeps) {
    this.#plan = plan;
    this.#deps = deps;
    this.#clockReading = { wallMs: deps.clock.wallNow(), atNs: process.hrtime.bigint() };
    const { threadEntry: entry, takeSamples, script, breaksDown } = deps;
    this.#threads = new ThreadGroup(plan, (message) => this.#endSecond(message), {
      entry,
      takeSamples,
      breaksDown,
      script: script?.bundle,
      takeScriptMessage: (message) => this.#takeScriptMessage(message),
    });
    this.#gauges = new ProcessGauges(deps.clock);
    this.#judge = new ThresholdJudge(plan.thresholds);
  }

  /**
   * The reason for a failed run (`thread.crashed`, or the error passed to `fail`), once `run` has
   * resolved with the reason `failed`.
   */
  get failure(): WsgError | undefined {
    return this.#crash;
  }

  /** The reason passed to `exec.test.fail`; undefined if it was not called. */
  get failedMark(): string | undefined {
    return this.#markedFailed;
  }

  /** The result of the script's `setup` as JSON. */
  get setupData(): string | undefined {
    return this.#setupJson;
  }

  /**
   * Returns the totals by scenario and group for a run of this duration, with names composed of
   * scenario, group and metric.
   */
  breakdown(durationMs: number): RunTotals | undefined {
    return this.#deps.breaksDown === true ? this.#parts.totals(durationMs, { complete: 0, interrupted: 0 }) : undefined;
  }

  /**
   * Runs to the end; must be called only once. Throws `target.unreachable` before anything was
   * recorded; later failures end the run with the reason `failed`.
   */
  async run(): Promise<Run> {
    const header = await this.#begin();
    const watch = this.#createWatch();
    await watch?.start();
    this.#gauges.read();
    this.#reportProgress();
    const durationMs = await this.#runThreads();
    this.#cancelProgress();
    const gatewayTotals = await watch?.stop();
    this.#tellProgress();
    const end: RunEnd = { ...this.#composeEnd(durationMs), ...(gatewayTotals && { gateway: gatewayTotals }) };
    const thresholds = this.#judge.outcomes(end.totals, header.metrics);
    this.#writeEnd(thresholds, end);
    const seconds = this.#seconds;
    const health = this.#health;
    const gateway = this.#gateway;
    const events = this.#events;
    return { header, seconds, health, gateway, events, thresholds, end, complete: true };
  }

  /** Interrupts the iterations, as k6 does on a first signal, and ends the run in order. */
  stop(): void {
    if (this.#ending !== undefined) return;
    this.#ending = 'stopped-by-signal';
    this.#reportEvent('interruption', 'stopped by a signal');
    this.#probing.abort();
    this.#threads.stop();
  }

  /**
   * Ends the run in order with the reason `failed`, because `error` made continuing useless.
   * Recorded data is kept.
   */
  fail(error: WsgError): void {
    if (this.#ending !== undefined) return;
    this.#crash = error;
    this.#ending = 'failed';
    this.#reportEvent('interruption', error.message);
    this.#probing.abort();
    this.#threads.stop();
  }

  /** Ends the load threads immediately. The run contains the data that they reported before. */
  async cut(): Promise<void> {
    this.#ending = 'cut-by-signal';
    this.#reportEvent('interruption', 'cut by a signal');
    await this.#threads.cut();
  }

  async #begin(): Promise<RunHeader> {
    const { clock, sink, observer, version, labels, calibration } = this.#deps;
    await probeTargets(this.#plan, { clock, signal: this.#probing.signal });
    const { metrics, hash } = this.#deps.script ?? {};
    const origin = { version, startedAtMs: clock.wallNow(), metrics, scriptHash: hash, labels, calibration };
    const header = createRunHeader(this.#plan, origin);
    sink?.writeHeader(header);
    for (const event of this.#events) sink?.writeEvent(event);
    this.#hasHeader = true;
    observer?.started?.(header);
    return header;
  }

  #writeEnd(thresholds: readonly ThresholdRecord[], end: RunEnd): void {
    const { sink } = this.#deps;
    for (const threshold of thresholds) sink?.writeThreshold(threshold);
    sink?.writeEnd(end);
  }

  async #runThreads(): Promise<number> {
    const lastElapsedMs = (): number => this.#seconds.at(-1)?.elapsedMs ?? 0;
    if (this.#ending !== undefined) return 0;
    try {
      const end = await this.#threads.run();
      this.#setupJson = end?.setupData;
      if (end?.stageFailure !== undefined) this.#noteStageFailure(end.stageFailure);
      return end?.durationMs ?? lastElapsedMs();
    } catch (error) {
      if (!(error instanceof WsgError)) throw error;
      this.#crash = error;
      this.#ending = 'failed';
      this.#reportEvent('interruption', error.message);
      return lastElapsedMs();
    }
  }

  #takeScriptMessage(message: LogMessage | VerdictMessage): void {
    if (message.type === 'log') return this.#deps.observer?.logged?.(message.line);
    if (message.verdict === 'failed') {
      this.#markedFailed ??= message.reason;
      return;
    }
    if (this.#ending !== undefined) return;
    this.#ending = 'aborted-by-script';
    this.#reportEvent('interruption', message.reason);
    this.#threads.stop();
  }

  #noteStageFailure({ stage, kind, text }: StageFailure): void {
    this.#crash ??= new WsgError(kind === 'timeout' ? STAGE_TIMEOUT[stage] : 'script.failed', text);
    this.#ending ??= 'failed';
  }

  #createWatch(): GatewayWatch | undefined {
    const { gatewayUrls = [], sink, clock } = this.#deps;
    if (gatewayUrls.length === 0) return undefined;
    const outlets = {
      recorded: (record: GatewayRecord) => {
        this.#gateway.push(record);
        sink?.writeGateway(record);
      },
      warned: (text: string) => this.#reportEvent('warning', text),
    };
    return new GatewayWatch(gatewayUrls, outlets, clock);
  }

  #endSecond(message: SecondMessage): void {
    const { second, elapsedMs, metrics, health, load } = message;
    const { sink, observer } = this.#deps;
    const { counters, rates, trends, checks } = metrics;
    const gauges = this.#recordedGauges(metrics.gauges);
    const record: SecondRecord = { second, elapsedMs, counters, gauges, rates, trends, checks };
    this.#accumulator.add(metrics);
    if (message.parts !== undefined) this.#parts.add(message.parts);
    this.#seconds.push(record);
    sink?.writeSecond(record);
    for (const { series, kind, bytes } of metrics.histograms) {
      sink?.writeHistogram({ series, kind, second, histogram: decodeHistogram(bytes) });
    }
    for (const { series, bytes } of metrics.sketches) {
      sink?.writeSketch({ series, second, sketch: decodeSketch(bytes) });
    }
    const healthRecord = composeHealth(second, { ...health, ...this.#gauges.read() }, load);
    this.#health.push(healthRecord);
    sink?.writeHealth(healthRecord);
    this.#warnOf(message);
    observer?.secondEnded?.(record);
    this.#judgeThresholds(elapsedMs);
  }

  /** Times are kept only for a part of a plan: merging the parts needs them. */
  #recordedGauges(gauges: Readonly<Record<string, TimedGauge>>): SecondRecord['gauges'] {
    if (this.#plan.segment === undefined) return withoutTimes(gauges);
    const { wallMs, atNs: fromNs } = this.#clockReading;
    return withWallTimes(gauges, (atNs) => wallMs + Number(atNs - fromNs) / 1e6);
  }

  #warnOf({ second, health, shortOfVus = [] }: SecondMessage): void {
    const lateMs = health.scheduleLag.max;
    if (lateMs > STALL_MS) this.#reportEvent('stall', `an action ran ${lateMs.toFixed(0)} ms late in second ${second}`);
    for (const place of shortOfVus) this.#warnOfShortage(place);
  }

  /** Warns once per scenario, as k6 does. */
  #warnOfShortage(place: number): void {
    const scenario = this.#plan.scenarios[place];
    const progress = this.#currentProgress().scenarios[place];
    if (scenario === undefined || progress === undefined || this.#saidShort.has(place)) return;
    this.#saidShort.add(place);
    const text = `Insufficient VUs, reached ${progress.plan.maxVus} active VUs and cannot initialize more`;
    this.#record('warning', `${scenario.name}: ${text}`);
    const { name, executor } = scenario;
    this.#deps.observer?.logged?.({ level: 'warning', text, executor, scenario: name });
  }

  /**
   * Ends the run if a crossed threshold asks for that: iterations are interrupted as on a signal.
   */
  #judgeThresholds(elapsedMs: number): void {
    if (this.#ending !== undefined || !this.#plan.thresholds.some(({ abortOnFail }) => abortOnFail)) return;
    if (!this.#judge.mustAbort(this.#accumulator.totals(elapsedMs, { complete: 0, interrupted: 0 }))) return;
    this.#ending = 'thresholds-crossed';
    this.#reportEvent('interruption', 'a crossed threshold ends the run');
    this.#threads.stop();
  }

  #composeEnd(durationMs: number): RunEnd {
    const { completeIterations: complete, interruptedIterations: interrupted } = this.#currentProgress();
    const totals = this.#accumulator.totals(durationMs, { complete, interrupted });
    const detail = this.#crash?.message ?? this.#silenceDetail();
    const end = { reason: this.#ending ?? 'finished', totals, health: judgeRun(this.#health) };
    return detail === undefined ? end : { ...end, detail };
  }

  #silenceDetail(): string | undefined {
    const { behaviour } = this.#plan;
    return this.#accumulator.counter('ws_msgs_received') > 0 ? undefined : explainSilence(behaviour);
  }

  #reportProgress(): void {
    this.#tellProgress();
    this.#cancelProgress = this.#deps.clock.schedule(() => this.#reportProgress(), PROGRESS_MS);
  }

  #tellProgress(): void {
    this.#deps.observer?.progressed?.(this.#currentProgress());
  }

  #currentProgress(): ReturnType<typeof composeProgress> {
    return composeProgress(this.#plan, this.#threads.progress);
  }

  #reportEvent(kind: RunEventRecord['kind'], text: string): void {
    const event = this.#record(kind, text);
    this.#deps.observer?.happened?.(event);
  }

  #record(kind: RunEventRecord['kind'], text: string): RunEventRecord {
    const event = { elapsedMs: this.#currentProgress().elapsedMs, kind, text };
    this.#events.push(event);
    if (this.#hasHeader) this.#deps.sink?.writeEvent(event);
    return event;
  }
}

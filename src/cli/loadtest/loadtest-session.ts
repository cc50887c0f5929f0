import { systemClock } from '../../core/clock.js';
import { WsgError } from '../../core/error.js';
import { formatListenAddress } from '../../core/listen-address.js';
import { calibrationPath, Engine, readCalibration, type Script } from '../../loadgen/index.js';
import type { Run } from '../../run-file/records.js';
import { RunFileWriter } from '../../run-file/index.js';
import { passesSystemEnv, withVariables } from './flag-variables.js';
import { EXIT_CODE, type ExitCode, strongestExitCode } from '../exit-code.js';
import {
  exportSummary,
  crossedThresholds,
  exitCodeOfRun,
  hasNoIteration,
  printResults,
  writeScriptSummary,
  printPlan,
  type ResultLook,
} from './load-results.js';
import {
  readLoadConfig,
  readLoadRequest,
  readPlannedLoad,
  readScriptEnv,
  type LoadConfig,
  type LoadRequest,
} from './load-request.js';
import { readWatchFlags, type LoadtestFlags } from './load-flags.js';
import { checkRoom, loadScriptArgument } from './load-script.js';
import { closeFailure, createLoadJob, headerView, type LoadJob } from './load-job.js';
import { type LogWish, readLogWish, warning } from './load-log.js';
import { LoadScreen } from './load-screen.js';
import type { LogLine } from '../log-line.js';
import type { Output } from '../output.js';
import { reportError } from '../report-error.js';
import { RunWatchers } from './run-watchers.js';
import { endOnStop, endProcess, onStopSignal } from '../signals.js';
import { echoTarget, gatewayTarget, type SpawnedTarget, type SpawnOutlets } from './spawned-target.js';

/** How long a cut may take to close the run file before the process ends anyway. */
const CUT_BOUND_MS = 1000;

/** One `wsg loadtest` as it was typed. */
export interface LoadtestInvocation {
  readonly flags: LoadtestFlags;
  readonly args: readonly string[];
  readonly output: Output;
  /** Of wsg. */
  readonly version: string;
  /** Which build is tested. */
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Runs a load test from its options to its results; resolves with the exit code. Options are
 * checked before anything starts.
 */
export async function runLoadtest(typed: LoadtestInvocation): Promise<ExitCode> {
  const invocation = { ...typed, flags: withVariables(typed.flags, process.env) };
  const session = new LoadtestSession(invocation, readLogWish(invocation.flags, process.env));
  const stopListening = onStopSignal(() => session.stop(), { onSecond: () => session.cut() });
  try {
    return await session.run();
  } catch (error) {
    return session.report(error);
  } finally {
    stopListening();
    session.close();
  }
}

class LoadtestSession {
  readonly #invocation: LoadtestInvocation;
  readonly #screen: LoadScreen;
  #engine: Engine | undefined;
  #config: LoadConfig | undefined;
  #program: Script | undefined;
  /** What went wrong beside the run: its results are printed all the same. */
  #failure: WsgError | undefined;
  /**
   * Where results go; standard error takes them when an output has standard output for its samples.
   */
  #results: Output;
  #isStopped = false;
  #isCut = false;
  #isLoading = false;

  constructor(invocation: LoadtestInvocation, log: LogWish) {
    const { output, flags } = invocation;
    const { json, quiet } = flags;
    this.#invocation = invocation;
    this.#results = output;
    const isLiveFull = flags.live === 'full';
    this.#screen = new LoadScreen({ output, json, quiet, noColor: flags['no-color'], isLiveFull, log });
  }

  async run(): Promise<ExitCode> {
    const { flags, output } = this.#invocation;
    const request = await endOnStop(this.#readRequest(), (text) => this.#warn(text));
    const { plan, outputs } = request;
    if (outputs.some(({ takesStandardOutput }) => takesStandardOutput)) this.#leaveStandardOutput();
    if (flags.inspect) {
      printPlan(plan, { output, json: flags.json });
      return EXIT_CODE.ok;
    }
    const shortages = checkRoom(plan, flags['no-preflight']);
    this.#tellWarnings({ plan, warnings: [...request.warnings, ...shortages] });
    const job = createLoadJob(request, flags);
    const run = await this.#loadWhereAsked(job);
    if (run === undefined) return EXIT_CODE.stoppedBySignal;
    return this.#tellResults(run, await this.#summaryOf(run, request), job.runPath);
  }

  /** What is left of the summary when the script has had its turn. */
  async #summaryOf(run: Run, request: LoadRequest): Promise<ResultLook> {
    const isSummarised = await this.#summariseByScript(run, request);
    const { summary } = request;
    // Standard output is then for what the script returned alone, as in k6.
    if (isSummarised || summary.mode === 'disabled') this.#moveResults();
    const breakdown = this.#engine?.breakdown(run.end.totals.durationMs);
    return { ...summary, breakdown, mode: isSummarised ? 'by-script' : summary.mode };
  }

  #leaveStandardOutput(): void {
    this.#moveResults();
    this.#screen.leaveStandardOutput();
  }

  /** To standard error; one JSON object keeps its place. */
  #moveResults(): void {
    if (!this.#invocation.flags.json) this.#results = { ...this.#results, stdout: this.#results.stderr };
  }

  async #readRequest(): Promise<LoadRequest> {
    const { flags, args } = this.#invocation;
    this.#config = await readLoadConfig(flags.config, process.env);
    this.#program = await loadScriptArgument({
      args,
      scriptEnv: readScriptEnv(flags, process.env),
      systemEnv: process.env,
      passesEnv: passesSystemEnv(flags, process.env),
      log: (line) => this.#screen.logged(line),
      allowsRemote: flags['allow-remote-imports'],
    });
    const script = this.#program?.options;
    const request = readLoadRequest(flags, args, process.env, { config: this.#config, script });
    this.#program?.checkMetrics(request.plan);
    return request;
  }

  #tellWarnings({ plan, warnings }: Pick<LoadRequest, 'plan' | 'warnings'>): void {
    for (const text of warnings) this.#warn(text);
    if (plan.behaviour.type !== 'script' && this.#invocation.flags.env !== undefined)
      this.#warn('env: ignored, for a built-in scenario runs the same without');
  }

  /** An error that left no results. */
  report(error: unknown): ExitCode {
    this.#screen.clear();
    return this.#logError(error, this.#invocation.flags.json);
  }

  /** The log is complete. */
  close(): void {
    this.#screen.close();
  }

  /** The first signal: interrupts the iterations, and everything is printed. */
  stop(): void {
    this.#isStopped = true;
    this.#engine?.stop();
  }

  /**
   * The second signal: the run file keeps what is in it, nothing is printed. A gateway of ours
   * stops when we are gone.
   */
  cut(): void {
    this.#isCut = true;
    if (!this.#isLoading) endProcess(EXIT_CODE.interruptedTwice);
    setTimeout(() => endProcess(EXIT_CODE.interruptedTwice), CUT_BOUND_MS).unref();
    void this.#engine?.cut();
  }

  #tellResults(run: Run, summary: ResultLook, runPath: string | undefined): ExitCode {
    const { flags } = this.#invocation;
    const { json, 'no-color': noColor, 'summary-export': path } = flags;
    const unexported = exportSummary(run, { path, trendStats: summary.trendStats, setupData: this.#engine?.setupData });
    this.#failure ??= unexported;
    printResults(run, { ...summary, output: this.#results, json, noColor, afterSummary: () => this.#screen.showEnd() });
    if (runPath !== undefined && this.#failure?.code !== 'run-file.write-failed') this.#tellRunPath(runPath);
    if (hasNoIteration(run))
      this.#warn('No script iterations fully finished, consider making the test duration longer');
    const crossed = crossedThresholds(run);
    if (crossed !== undefined) this.#screen.logged({ level: 'error', text: crossed });
    return strongestExitCode([this.#tellFailure(), this.#tellMark(), exitCodeOfRun(run, flags['allow-saturated'])]);
  }

  /** What the script marked with `exec.test.fail`. */
  #tellMark(): ExitCode {
    const mark = this.#engine?.failedMark;
    if (mark === undefined) return EXIT_CODE.ok;
    return this.#logError(new WsgError('script.marked-failed', `test marked as failed: ${mark}`), false);
  }

  /** True when the script's own `handleSummary` took the place of the summary. */
  async #summariseByScript(run: Run, { summary }: LoadRequest): Promise<boolean> {
    const program = this.#program;
    const engine = this.#engine;
    if (program === undefined || !program.hasSummary || summary.mode === 'disabled') return false;
    const { flags } = this.#invocation;
    return writeScriptSummary({
      run,
      program,
      summary,
      output: this.#results,
      setupData: engine?.setupData,
      noColor: flags['no-color'],
      tellError: (text) => this.#screen.logged({ level: 'error', text }),
    });
  }

  #loadWhereAsked(job: LoadJob): Promise<Run | undefined> {
    const { flags } = this.#invocation;
    if (flags['spawn-gateway']) return this.#loadSpawned(job, gatewayTarget(job.plan, this.#spawnOutlets));
    return flags['spawn-echo'] ? this.#loadSpawned(job, echoTarget(this.#spawnOutlets)) : this.#load(job);
  }

  get #spawnOutlets(): SpawnOutlets {
    return {
      relayed: (source, text) => this.#screen.logged({ level: 'info', text, source, isRelayed: true }),
      died: (error) => this.#engine?.fail(error),
    };
  }

  async #loadSpawned(job: LoadJob, { process: server, path, isGateway }: SpawnedTarget): Promise<Run | undefined> {
    try {
      const address = formatListenAddress(await server.start());
      if (this.#isStopped) {
        this.#warn('stopped by a signal before the run began');
        return undefined;
      }
      const files = { config: this.#config, script: this.#program?.options, url: `ws://${address}${path}` };
      const { plan } = readPlannedLoad(this.#invocation.flags, process.env, files);
      return await this.#load({ ...job, plan, gatewayUrl: isGateway ? `http://${address}` : job.gatewayUrl });
    } finally {
      await server.stop();
    }
  }

  async #load(job: LoadJob): Promise<Run> {
    const watchers = new RunWatchers(job.plan, {
      outputs: job.outputs,
      dashboard: readWatchFlags(this.#invocation.flags).dashboard,
      tell: (snapshot) => this.#screen.snapshotTaken(snapshot),
    });
    await watchers.start();
    try {
      return await this.#loadWatched(job, watchers);
    } finally {
      for (const sentence of await watchers.stop()) this.#warn(sentence);
      if (this.#isCut) endProcess(EXIT_CODE.interruptedTwice);
    }
  }

  async #loadWatched({ plan, gatewayUrl, runPath, breaksDown }: LoadJob, watchers: RunWatchers): Promise<Run> {
    const file = runPath === undefined ? undefined : await RunFileWriter.create(runPath);
    const calibration = await readCalibration(calibrationPath(process.env), this.#invocation.version);
    const engine = new Engine(plan, {
      clock: systemClock,
      calibration,
      version: this.#invocation.version,
      labels: this.#invocation.labels,
      observer: this.#screen,
      breaksDown,
      gatewayUrl,
      ...watchers.attach(file),
      script: this.#program?.forRun(plan, gatewayUrl),
    });
    this.#engine = engine;
    if (this.#isStopped) engine.stop();
    this.#screen.showHeader(headerView(plan, { version: this.#invocation.version, ...watchers.headerFields(runPath) }));
    this.#isLoading = true;
    try {
      const run = await engine.run();
      const unwritten = await closeFailure(file);
      this.#failure = engine.failure ?? unwritten;
      return run;
    } catch (error) {
      await closeFailure(file);
      throw error;
    } finally {
      this.#isLoading = false;
      this.#screen.clear();
    }
  }

  /**
   * What went wrong beside the run, on standard error: a JSON object of the results stands alone on
   * standard output.
   */
  #tellFailure(): ExitCode {
    if (this.#failure === undefined) return EXIT_CODE.ok;
    return this.#logError(this.#failure, false);
  }

  #warn(text: string): void {
    this.#screen.logged(warning(text));
  }

  #logError(error: unknown, json: boolean): ExitCode {
    const log = (line: LogLine): void => this.#screen.logged(line);
    return reportError(error, this.#invocation.output, { json, showStack: process.env.DEBUG !== undefined, log });
  }

  #tellRunPath(runPath: string): void {
    const sink = this.#invocation.flags.json ? this.#results.stderr : this.#results.stdout;
    sink.write(`\nrun file: ${runPath} (\`wsg report ${runPath}\` prints it again)\n`);
  }
}

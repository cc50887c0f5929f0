import { parse } from 'node:path';
import { systemClock } from '../../core/clock.js';
import { WsgError } from '../../core/error.js';
import { formatListenAddress } from '../../core/listen-address.js';
import {
  calibrationPath,
  describePlan,
  Engine,
  planTarget,
  readCalibration,
  type Plan,
  type RunObserver,
} from '../../loadgen/index.js';
import { RunFileWriter } from '../../run-file/index.js';
import type { Run, RunTotals } from '../../run-file/records.js';
import type { HeaderView, RunSnapshot } from '../../summary/index.js';
import { EXIT_CODE } from '../exit-code.js';
import type { LogLine } from '../log-line.js';
import { defaultRunPath } from '../report/run-paths.js';
import { endProcess } from '../signals.js';
import { warning } from './load-log.js';
import { readPlannedLoad } from './load-request.js';
import type { PreparedLoadtest } from './prepare.js';
import { valueOf } from './read.js';
import type { LoadtestFlags } from './run-flags.js';
import { RunWatchers } from './run-watchers.js';
import { echoTarget, gatewayTarget, type SpawnedTarget, type SpawnOutlets } from './spawned-target.js';

/** Bound of a cut: how long closing the run file may take before the process ends: milliseconds. */
const CUT_BOUND_MS = 1000;

/** The values of a run that come from the command line. */
export interface RunOptions {
  readonly flags: LoadtestFlags;
  /** wsg's version. */
  readonly version: string;
  /** Labels of the tested build. */
  readonly labels: Readonly<Record<string, string>>;
}

/** The part of a screen that a run writes to. */
export interface RunScreen extends RunObserver {
  showHeader(view: HeaderView): void;
  snapshotTaken(snapshot: RunSnapshot): void;
  logged(line: LogLine): void;
  clear(): void;
}

/** A run that came to its end, with what its results need. */
export interface RunOutcome {
  readonly run: Run;
  readonly runPath: string | undefined;
  /** The failure that ended the run or lost its file; the results are printed anyway. */
  readonly failure: WsgError | undefined;
  /** The reason that a script gave with `exec.test.fail`. */
  readonly failedMark: string | undefined;
  /** The return value of the script's `setup`, as JSON. */
  readonly setupData: string | undefined;
  /** Results by scenario and group, where the summary shows them. */
  readonly breakdown: RunTotals | undefined;
}

/** Where virtual users connect, and where the gateway's counters are. */
interface RunTarget {
  readonly plan: Plan;
  readonly gatewayUrls: readonly string[];
}

/** Runs a prepared load test: the spawned server, the outputs, the run file and the engine. */
export class LoadtestRun {
  readonly #prepared: PreparedLoadtest;
  readonly #options: RunOptions;
  readonly #screen: RunScreen;
  readonly #runPath: string | undefined;
  #engine: Engine | undefined;
  #isStopped = false;
  #isCut = false;
  #isLoading = false;

  constructor(prepared: PreparedLoadtest, options: RunOptions, screen: RunScreen) {
    this.#prepared = prepared;
    this.#options = options;
    this.#screen = screen;
    const { flags } = options;
    const path = flags.run ?? defaultRunPath(new Date(), runName(prepared.request.plan));
    this.#runPath = flags['no-run'] === true ? undefined : path;
  }

  /**
   * Resolves when everything that the run started has stopped; undefined when a signal came before
   * the first iteration.
   */
  async run(): Promise<RunOutcome | undefined> {
    const { flags } = this.#options;
    const { plan, gatewayUrls } = this.#prepared.request;
    if (flags['spawn-gateway'] === true) return this.#runSpawned(gatewayTarget(plan, this.#spawnOutlets));
    if (flags['spawn-echo'] === true) return this.#runSpawned(echoTarget(this.#spawnOutlets));
    return this.#runWatched({ plan, gatewayUrls });
  }

  /** The first signal: interrupts the iterations, and the results are printed. */
  stop(): void {
    this.#isStopped = true;
    this.#engine?.stop();
  }

  /**
   * The second signal: the run file keeps what it has, and nothing is printed. A spawned server
   * stops when this process has ended.
   */
  cut(): void {
    this.#isCut = true;
    if (!this.#isLoading) endProcess(EXIT_CODE.interruptedTwice);
    setTimeout(() => endProcess(EXIT_CODE.interruptedTwice), CUT_BOUND_MS).unref();
    void this.#engine?.cut();
  }

  get #spawnOutlets(): SpawnOutlets {
    return {
      relayed: (source, text) => this.#screen.logged({ level: 'info', text, source, isRelayed: true }),
      died: (error) => this.#engine?.fail(error),
    };
  }

  async #runSpawned({ process: server, path, isGateway }: SpawnedTarget): Promise<RunOutcome | undefined> {
    const { request, files } = this.#prepared;
    try {
      const address = formatListenAddress(await server.start());
      if (this.#isStopped) {
        this.#warn('stopped by a signal before the run began');
        return undefined;
      }
      // The server's address decides on the target and on what follows from it.
      const planned = readPlannedLoad(this.#options.flags, process.env, { ...files, url: `ws://${address}${path}` });
      const { plan } = valueOf(planned);
      return await this.#runWatched({ plan, gatewayUrls: isGateway ? [`http://${address}`] : request.gatewayUrls });
    } finally {
      await server.stop();
    }
  }

  async #runWatched(target: RunTarget): Promise<RunOutcome> {
    const { outputs, dashboard } = this.#prepared.request;
    const watchers = new RunWatchers(
      target.plan,
      { outputs, dashboard },
      { takeSnapshot: (snapshot) => this.#screen.snapshotTaken(snapshot) },
    );
    await watchers.start();
    try {
      return await this.#load(target, watchers);
    } finally {
      for (const sentence of await watchers.stop()) this.#warn(sentence);
      if (this.#isCut) endProcess(EXIT_CODE.interruptedTwice);
    }
  }

  async #load({ plan, gatewayUrls }: RunTarget, watchers: RunWatchers): Promise<RunOutcome> {
    const { version, labels } = this.#options;
    const { program, request } = this.#prepared;
    const runPath = this.#runPath;
    const file = runPath === undefined ? undefined : await RunFileWriter.create(runPath);
    const engine = new Engine(plan, {
      clock: systemClock,
      calibration: await readCalibration(calibrationPath(process.env), version),
      version,
      labels,
      observer: this.#screen,
      breaksDown: request.summary.mode === 'full' && plan.behaviour.type === 'script',
      gatewayUrls,
      ...watchers.attach(file),
      script: program?.forRun(plan, gatewayUrls[0]),
    });
    this.#engine = engine;
    if (this.#isStopped) engine.stop();
    this.#screen.showHeader(headerView(plan, { version, ...watchers.headerFields(runPath) }));
    this.#isLoading = true;
    try {
      const run = await engine.run();
      const failure = engine.failure ?? (await closeFailure(file));
      const { failedMark, setupData } = engine;
      const breakdown = engine.breakdown(run.end.totals.durationMs);
      return { run, runPath, failure, failedMark, setupData, breakdown };
    } catch (error) {
      await closeFailure(file);
      throw error;
    } finally {
      this.#isLoading = false;
      this.#screen.clear();
    }
  }

  #warn(text: string): void {
    this.#screen.logged(warning(text));
  }
}

/** The header of a load test by this plan. */
function headerView(
  plan: Plan,
  fields: { readonly version: string; readonly output: string; readonly dashboard?: string },
): HeaderView {
  const load = plan.isDefaultLoad ? ', the default load' : '';
  const target = planTarget(plan);
  const script =
    target === undefined ? plan.behaviour.name : `${plan.behaviour.name} (built in) at ${target.given}${load}`;
  return { script, ...fields, ...describePlan(plan) };
}

/**
 * The name in a run file's name: the built-in scenario, or the script without folder and extension.
 */
function runName({ behaviour }: Plan): string {
  if (behaviour.type === 'built-in') return behaviour.name;
  return behaviour.name === '-' ? 'stdin' : parse(behaviour.name).name;
}

/** Completes the run file; returns the error when that fails. */
async function closeFailure(file: RunFileWriter | undefined): Promise<WsgError | undefined> {
  try {
    await file?.close();
    return undefined;
  } catch (error) {
    if (error instanceof WsgError) return error;
    throw error;
  }
}

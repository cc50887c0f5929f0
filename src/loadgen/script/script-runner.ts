import type { LookupFunction } from 'node:net';
import type { Clock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import type { BuiltInMetrics } from '../metric/built-in-metrics.js';
import type { SeriesRegistry } from '../metric/series-registry.js';
import { type Tags, withMetadata } from '../metric/series.js';
import type { RuntimeOptions } from '../client/read-network.js';
import { RequestPace } from '../pacing/request-pace.js';
import { Interruption, StopFlag } from './runtime/interruption.js';
import { describeScriptError } from './runtime/stack-trace.js';
import { type ScriptModule, loadModule } from './runtime/script-instance.js';
import type { ScriptLog } from './runtime/script-log.js';
import { ScriptUser } from './script-user.js';
import { SystemTags } from '../metric/system-tags.js';
import type { InstanceCounts, ScenarioView, ThreadContext } from './runtime/vu-context.js';
import type { CompiledScript } from '../../script-compiler/compiled-script.js';
import type { OpenConnections } from '../scenario/open-connections.js';

/** A script on its way to a thread: plain data. */
export interface ScriptBundle {
  readonly compiled: CompiledScript;
  /** Names of the functions that it exports. */
  readonly functions: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The options that the run obeys, as scripts may ask for them. */
  readonly options: unknown;
  /** Of a `RequestPace`, where the run wants one. */
  readonly pace?: SharedArrayBuffer;
  /** Raised when busy loops have to end. */
  readonly stopFlag: SharedArrayBuffer;
}

/** What a script says of the whole test, and what became of its own functions. */
export interface ScriptEvents extends ScriptLog {
  aborted(reason: string): void;
  failed(reason: string): void;
}

/** Why `setup` or `teardown` did not end as it should. */
export interface StageFailure {
  readonly stage: 'setup' | 'teardown';
  readonly kind: 'timeout' | 'exception';
  readonly text: string;
}

/** What a thread gives its script. */
export interface ScriptRunnerOptions {
  readonly bundle: ScriptBundle;
  readonly clock: Clock;
  readonly registry: SeriesRegistry;
  readonly metrics: BuiltInMetrics;
  readonly connections: OpenConnections;
  readonly readBuffer: Buffer;
  /** What makes addresses of names. */
  readonly lookup?: LookupFunction;
  readonly runtime: RuntimeOptions;
  readonly tags: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly events: ScriptEvents;
  readonly counts: () => InstanceCounts;
}

/** What distinguishes the virtual users of one scenario. */
export interface CreateUserOptions {
  readonly exec: string;
  readonly env: Readonly<Record<string, string>>;
  readonly tags: Tags;
  /** Undefined outside of scenarios. */
  readonly state?: ScenarioView;
  readonly deadlineMs: () => number;
}

/**
 * A script in one thread: compiled once, run by each virtual user, its `setup` and `teardown` by
 * one of their own.
 */
export class ScriptRunner {
  readonly thread: ThreadContext;
  readonly #script: ScriptModule;
  /** What `setup` returned, as JSON. */
  #data: string | undefined;
  #stageUser: ScriptUser | undefined;

  readonly #options: ScriptRunnerOptions;

  constructor(options: ScriptRunnerOptions) {
    this.#options = options;
    const { bundle, events } = options;
    const { rps } = options.runtime;
    this.#script = loadModule(bundle.compiled);
    this.thread = {
      ...options,
      systemTags: new SystemTags(options.runtime.systemTags),
      log: events,
      verdicts: events,
      sharedArrays: new Map(),
      files: new Map(),
      options: bundle.options,
      ...(rps !== undefined && bundle.pace !== undefined && { pace: new RequestPace(rps, bundle.pace) }),
      stopFlag: new StopFlag(bundle.stopFlag),
    };
  }

  /** Whether the script exports a function of this name. */
  has(name: string): boolean {
    return this.#options.bundle.functions.includes(name);
  }

  get setupData(): string | undefined {
    return this.#data;
  }

  /** Of a `setup` that ran in another thread. */
  set setupData(json: string | undefined) {
    this.#data = json;
  }

  createUser(number: number, options: CreateUserOptions): ScriptUser {
    const { thread } = this;
    const script = this.#script;
    const { exec, env, tags, state, deadlineMs } = options;
    return new ScriptUser({
      script,
      thread,
      number,
      env: { ...this.#options.bundle.env, ...env },
      exec,
      tags,
      scenario: state,
      deadlineMs,
      setupData: () => this.#data,
    });
  }

  /** Runs `setup` if there is one; what it returns goes to every virtual user, through JSON. */
  async setUp(): Promise<StageFailure | undefined> {
    if (!this.has('setup') || this.#options.runtime.noSetup) return undefined;
    return this.#runStage('setup', this.#options.runtime.setupTimeoutMs);
  }

  async tearDown(): Promise<StageFailure | undefined> {
    if (!this.has('teardown') || this.#options.runtime.noTeardown) return undefined;
    return this.#runStage('teardown', this.#options.runtime.teardownTimeoutMs);
  }

  /** Ends what runs of `setup` or `teardown`. */
  interrupt(): void {
    this.#stageUser?.interrupt();
  }

  async #runStage(stage: 'setup' | 'teardown', timeoutMs: number): Promise<StageFailure | undefined> {
    const user = this.#createStageUser(stage);
    this.#stageUser = user;
    let isLate = false;
    const cancelTimeout = this.#options.clock.schedule(() => {
      isLate = true;
      user.interrupt();
    }, timeoutMs);
    const deadlineMs = performance.now() + timeoutMs;
    try {
      const args = stage === 'setup' || this.#data === undefined ? [] : [JSON.parse(this.#data)];
      const returned = await user.run(stage, args, deadlineMs);
      if (stage === 'setup') this.#data = setupJson(returned);
      return undefined;
    } catch (error) {
      const isTimeout = isLate || performance.now() >= deadlineMs;
      if (isTimeout) return { stage, kind: 'timeout', text: timeoutText(stage, timeoutMs) };
      return error instanceof Interruption ? undefined : this.#stageException(stage, error);
    } finally {
      cancelTimeout();
      this.#stageUser = undefined;
    }
  }

  #stageException(stage: 'setup' | 'teardown', error: unknown): StageFailure {
    const text = describeScriptError(error, this.#script.compiled);
    this.#options.events.write({ level: 'error', text, source: 'stacktrace' });
    return { stage, kind: 'exception', text: errorMessage(error) };
  }

  #createStageUser(stage: string): ScriptUser {
    const { bundle, tags } = this.#options;
    const group = `::${stage}`;
    const all = new Map([...Object.entries(tags), ...this.thread.systemTags.pick({ group })]);
    const user = new ScriptUser({
      script: this.#script,
      thread: { ...this.thread, ...(stage === 'teardown' && { stopFlag: new StopFlag() }) },
      number: 0,
      env: bundle.env,
      exec: stage,
      tags: this.thread.systemTags.has('iter') ? withMetadata(all, 'iter', '0') : all,
      setupData: () => this.#data,
      deadlineMs: () => Infinity,
    });
    user.vu.group = group;
    return user;
  }
}

function timeoutText(stage: string, timeoutMs: number): string {
  return `${stage}() execution timed out after ${timeoutMs / 1000} seconds`;
}

/**
 * As k6 hands over what `setup` returns: Go writes no value as null, and moments without zeros at
 * the end.
 */
function setupJson(returned: unknown): string | undefined {
  return JSON.stringify(returned, function (this: unknown, key: string, value: unknown) {
    const given: unknown = typeof this === 'object' && this !== null ? Reflect.get(this, key) : undefined;
    if (given instanceof Date && typeof value === 'string') return value.replace(/\.?0*Z$/, 'Z');
    return value === undefined && key !== '' ? null : value;
  });
}

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

/** A compiled script with its options and environment: plain data that is sent to each thread. */
export interface ScriptBundle {
  readonly compiled: CompiledScript;
  /** Names of the exported functions. */
  readonly functions: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The effective options of the run, as scripts can read them. */
  readonly options: unknown;
  /** Memory of a `RequestPace`, if the run has a rate limit. */
  readonly pace?: SharedArrayBuffer;
  /** Set when busy loops must end. */
  readonly stopFlag: SharedArrayBuffer;
}

/** Events of a script: its verdicts on the whole test, and its log. */
export interface ScriptEvents extends ScriptLog {
  aborted(reason: string): void;
  failed(reason: string): void;
}

/** The reason why `setup` or `teardown` failed. */
export interface StageFailure {
  readonly stage: 'setup' | 'teardown';
  readonly kind: 'timeout' | 'exception';
  readonly text: string;
}

/** Options and collaborators of a runner. */
export interface ScriptRunnerOptions {
  readonly bundle: ScriptBundle;
  readonly clock: Clock;
  readonly registry: SeriesRegistry;
  readonly metrics: BuiltInMetrics;
  readonly connections: OpenConnections;
  readonly readBuffer: Buffer;
  /** DNS lookup of the run. */
  readonly lookup?: LookupFunction;
  readonly runtime: RuntimeOptions;
  readonly tags: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly events: ScriptEvents;
  readonly counts: () => InstanceCounts;
}

/** The properties of a virtual user that depend on its scenario. */
export interface CreateUserOptions {
  readonly exec: string;
  readonly env: Readonly<Record<string, string>>;
  readonly tags: Tags;
  /** Undefined outside scenarios. */
  readonly state?: ScenarioView;
  readonly deadlineMs: () => number;
}

/**
 * Runs a script in one thread: compiles it once, creates its virtual users, and runs `setup` and
 * `teardown` with virtual users of their own.
 */
export class ScriptRunner {
  readonly thread: ThreadContext;
  readonly #script: ScriptModule;
  /** The result of `setup` as JSON. */
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

  /** Whether the script exports a function with this name. */
  has(name: string): boolean {
    return this.#options.bundle.functions.includes(name);
  }

  get setupData(): string | undefined {
    return this.#data;
  }

  /** Takes the result of a `setup` that ran in another thread. */
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

  /** Runs `setup`, if it exists. Its result goes to every virtual user as JSON. */
  async setUp(): Promise<StageFailure | undefined> {
    if (!this.has('setup') || this.#options.runtime.noSetup) return undefined;
    return this.#runStage('setup', this.#options.runtime.setupTimeoutMs);
  }

  async tearDown(): Promise<StageFailure | undefined> {
    if (!this.has('teardown') || this.#options.runtime.noTeardown) return undefined;
    return this.#runStage('teardown', this.#options.runtime.teardownTimeoutMs);
  }

  /** Interrupts a running `setup` or `teardown`. */
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
 * Serialises the result of `setup` as k6 does: Go writes undefined as null, and dates without
 * trailing zeros.
 */
function setupJson(returned: unknown): string | undefined {
  return JSON.stringify(returned, function (this: unknown, key: string, value: unknown) {
    const given: unknown = typeof this === 'object' && this !== null ? Reflect.get(this, key) : undefined;
    if (given instanceof Date && typeof value === 'string') return value.replace(/\.?0*Z$/, 'Z');
    return value === undefined && key !== '' ? null : value;
  });
}

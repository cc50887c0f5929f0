import { type Tags, withMetadata } from '../metric/series.js';
import type { IterationTicket } from '../executor/executor.js';
import type { VirtualUser } from '../scenario/scenario.js';
import { isThenable } from './runtime/box.js';
import { Interruption } from './runtime/interruption.js';
import { describeScriptError } from './runtime/stack-trace.js';
import { instantiate, type ScriptModule, type ScriptInstance } from './runtime/script-instance.js';
import { type ScenarioView, type ThreadContext, VuContext } from './runtime/vu-context.js';
import { createInstanceDeps } from './instance-deps.js';
import type { LiveGlobals } from './runtime/global-object.js';

/** Options and collaborators of a script's virtual user. */
export interface ScriptUserOptions {
  readonly script: ScriptModule;
  readonly thread: ThreadContext;
  readonly number: number;
  readonly env: Readonly<Record<string, string>>;
  /** The name of the exported function that each iteration calls. */
  readonly exec: string;
  /** The tags of all its samples. */
  readonly tags: Tags;
  readonly scenario?: ScenarioView;
  /** Returns the result of `setup` as JSON; read when the first iteration begins. */
  readonly setupData: () => string | undefined;
  /** Time of `performance.now()` at which a busy loop is interrupted. */
  readonly deadlineMs: () => number;
}

/**
 * A virtual user of a script. It has an instance of its own, and calls its function once per
 * iteration.
 */
export class ScriptUser implements VirtualUser {
  readonly vu: VuContext;
  readonly #live: LiveGlobals;
  #instance: ScriptInstance | undefined;
  #setupData: { readonly value: unknown } | undefined;
  #iterations = 0;
  #failure: { readonly error: unknown } | undefined;

  readonly #options: ScriptUserOptions;

  constructor(options: ScriptUserOptions) {
    this.#options = options;
    const { thread, number, env, tags, scenario } = options;
    this.vu = new VuContext(thread, number);
    this.vu.tags = tags;
    this.vu.scenario = scenario;
    this.#live = { __ENV: env, __VU: number, __ITER: 0 };
  }

  /** The current tags of its samples. */
  get tags(): Tags {
    return this.vu.tags;
  }

  /** Runs the script's top level once. Rejects with the script's error. */
  async prepare(): Promise<ScriptInstance> {
    if (this.#instance !== undefined) return this.#instance;
    const { script, deadlineMs } = this.#options;
    const { vu } = this;
    const live = this.#live;
    vu.guard.begin(deadlineMs());
    const entry = script.compiled.files[0] ?? script.compiled.path;
    this.#instance = await instantiate(script, createInstanceDeps(vu, live, entry));
    vu.isInit = false;
    return this.#instance;
  }

  async iterate(ticket: IterationTicket): Promise<boolean> {
    const { vu } = this;
    const live = this.#live;
    live.__ITER = this.#iterations;
    vu.iterationInInstance = this.#iterations;
    vu.iterationInScenario = this.#iterations;
    vu.iteration = ticket;
    if (vu.thread.systemTags.has('iter')) vu.tags = withMetadata(vu.tags, 'iter', String(this.#iterations));
    this.#iterations += 1;
    try {
      await this.run(this.#options.exec, [this.#data()]);
      return true;
    } catch (error) {
      return this.#judge(error);
    }
  }

  interrupt(): void {
    const reason = new Interruption('the iteration was interrupted');
    this.vu.guard.interrupt(reason);
    this.vu.loop.stop(reason);
  }

  /**
   * Calls an exported function and waits until the event loop is empty. Resolves with the
   * function's result; rejects with its error.
   */
  async run(exported: string, args: readonly unknown[], deadlineMs = this.#options.deadlineMs()): Promise<unknown> {
    const instance = await this.prepare();
    const { vu } = this;
    this.#failure = undefined;
    let returned: unknown;
    const keep = (value: unknown): void => {
      returned = value;
      if (isThenable(value)) this.#watch(value, (settled) => (returned = settled));
    };
    vu.guard.begin(deadlineMs);
    vu.beginIteration();
    try {
      await vu.loop.run(() => {
        const called = instance.call(exported, args);
        if (called instanceof Promise) return called.then(({ value }) => keep(value));
        return keep(called.value);
      });
    } finally {
      vu.endIteration();
      if (!vu.thread.runtime.noCookiesReset) vu.cookies.clear();
    }
    if (this.#failure !== undefined) throw this.#rejection(this.#failure);
    return returned;
  }

  #rejection({ error }: { readonly error: unknown }): unknown {
    return error;
  }

  /** Watches a promise of the script: its failure is the failure of the iteration. */
  #watch(promise: PromiseLike<unknown>, settle: (value: unknown) => void): void {
    this.vu.loop.notePromise();
    promise.then(settle, (error: unknown) => {
      this.#failure = { error };
    });
  }

  #judge(error: unknown): boolean {
    const { guard, thread, scenario, hasAborted } = this.vu;
    // The iteration that aborts the test counts as complete, as in k6.
    if (hasAborted) return true;
    if (guard.interruption !== undefined || error instanceof Interruption) return false;
    thread.log.write({
      level: 'error',
      text: describeScriptError(error, this.#options.script.compiled),
      source: 'stacktrace',
      executor: scenario?.executor,
      scenario: scenario?.name,
    });
    return true;
  }

  #data(): unknown {
    if (this.#setupData === undefined) {
      const text = this.#options.setupData();
      this.#setupData = { value: text === undefined ? undefined : JSON.parse(text) };
    }
    return this.#setupData.value;
  }
}

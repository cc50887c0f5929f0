import { createHash } from 'node:crypto';
import { type Clock, systemClock } from '../../core/clock.js';
import { WsgError, errorMessage } from '../../core/error.js';
import type { MetricDefinition } from '../../run-file/records.js';
import type { EngineScript } from '../engine-deps.js';
import { BuiltInMetrics } from '../metric/built-in-metrics.js';
import { SeriesRegistry } from '../metric/series-registry.js';
import { RequestPace } from '../pacing/request-pace.js';
import type { ScriptOptions } from '../plan/parse-load-options.js';
import { metricProblems } from '../plan/read-thresholds.js';
import type { Plan } from '../plan/plan.js';
import { viewOptions } from '../plan/view-options.js';
import type { RuntimeOptions } from '../client/read-network.js';
import { OpenConnections } from '../scenario/open-connections.js';
import { ScriptRunner } from './script-runner.js';
import { Interruption } from './runtime/interruption.js';
import { describeScriptError } from './runtime/stack-trace.js';
import type { ScriptLogLine } from './runtime/script-log.js';
import type { ScriptUser } from './script-user.js';
import type { CompiledScript } from '../../script-compiler/compiled-script.js';
import { compileScript } from '../../script-compiler/compile-script.js';
import type { ScriptSource } from '../../script-compiler/bundle.js';

const SUMMARY_TIMEOUT_MS = 120_000;
const INIT_TIMEOUT_MS = 60_000;
const READ_BUFFER_BYTES = 65_536;

/** Options of `Script.load`: the source, and what the script may access. */
export interface LoadScriptOptions extends ScriptSource {
  /** The values of `__ENV`. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes the log lines of the init code and of `handleSummary`. */
  readonly log: (line: ScriptLogLine) => void;
}

/** Output of `handleSummary`: content by file path, or for `stdout` and `stderr`. */
export type SummaryFiles = ReadonlyMap<string, string | Uint8Array>;

/**
 * A compiled script whose top level has run once. It knows the options, exports and metrics that a
 * plan and the engine need.
 */
export class Script {
  /** Exported options, function names and the script's name, for a plan. */
  readonly options: ScriptOptions;
  /** Definitions of all metrics: k6's and the script's own. */
  readonly metrics: readonly MetricDefinition[];

  readonly #request: LoadScriptOptions;
  readonly #compiled: CompiledScript;
  readonly #inspected: Inspected;

  private constructor(request: LoadScriptOptions, compiled: CompiledScript, inspected: Inspected) {
    this.#request = request;
    this.#compiled = compiled;
    this.#inspected = inspected;
    this.options = { name: request.path, options: inspected.options, exports: inspected.functions };
    this.metrics = inspected.metrics;
  }

  /**
   * Compiles the script and runs its top level. Throws `script.unreadable`, `script.invalid`,
   * `script.failed` or `script.aborted`.
   */
  static async load(request: LoadScriptOptions): Promise<Script> {
    const compiled = await compileScript(request, (text) => request.log({ level: 'debug', text }));
    return new Script(request, compiled, await inspect(request, compiled));
  }

  /**
   * Returns what the engine needs to run the script with this plan. With a gateway, `__ENV.WSG_URL`
   * is the address to connect to.
   */
  forRun(plan: Plan, gatewayUrl?: string): EngineScript {
    const options = viewOptions(plan, this.#inspected.options);
    const hash = createHash('sha256').update(this.#compiled.code).digest('hex');
    const stopFlag = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const { metrics } = this;
    const compiled = this.#compiled;
    const request = this.#request;
    const env = gatewayUrl === undefined ? request.env : { WSG_URL: connectUrl(gatewayUrl), ...request.env };
    const pace = RequestPace.memory();
    return { bundle: { compiled, functions: this.#inspected.functions, env, options, stopFlag, pace }, metrics, hash };
  }

  /**
   * Throws `options.invalid` if thresholds or submetrics of the plan refer to an unknown metric.
   */
  checkMetrics(plan: Plan): void {
    const problems = metricProblems(plan, this.metrics);
    if (problems.length > 0) throw new WsgError('options.invalid', 'The load options are invalid.', { problems });
  }

  get hasSummary(): boolean {
    return this.#inspected.functions.includes('handleSummary');
  }

  /**
   * Calls `handleSummary` with the data. Rejects with a message if it throws, takes longer than two
   * minutes or does not return an object.
   */
  async handleSummary(summary: unknown): Promise<SummaryFiles> {
    const { user } = this.#inspected;
    const deadlineMs = performance.now() + SUMMARY_TIMEOUT_MS;
    const cancel = systemClock.schedule(() => user.interrupt(), SUMMARY_TIMEOUT_MS);
    try {
      return filesOf(await user.run('handleSummary', [summary], deadlineMs));
    } catch (error) {
      if (error instanceof Interruption) throw new Error('handleSummary() execution timed out after 120 seconds');
      throw new Error(describeScriptError(error, this.#compiled), { cause: error });
    } finally {
      cancel();
    }
  }
}

function connectUrl(gatewayUrl: string): string {
  return new URL('/connect', gatewayUrl.replace(/^http/, 'ws')).href;
}

interface Inspected {
  readonly options: unknown;
  readonly functions: readonly string[];
  readonly metrics: readonly MetricDefinition[];
  readonly user: ScriptUser;
}

async function inspect({ env, log }: LoadScriptOptions, compiled: CompiledScript): Promise<Inspected> {
  const registry = new SeriesRegistry();
  let aborted: string | undefined;
  const script = new ScriptRunner({
    bundle: {
      compiled,
      functions: [],
      env,
      options: {},
      stopFlag: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
    },
    clock: systemClock,
    registry,
    metrics: new BuiltInMetrics(registry),
    connections: new OpenConnections(),
    readBuffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
    runtime: DEFAULT_RUNTIME,
    tags: {},
    seed: 1,
    events: { write: log, aborted: (reason) => (aborted = reason), failed: () => undefined },
    counts: () => countNothing(systemClock),
  });
  const user = script.createUser(0, {
    exec: 'handleSummary',
    env: {},
    tags: new Map(),
    deadlineMs: () => performance.now() + INIT_TIMEOUT_MS,
  });
  try {
    const { exports } = await user.prepare();
    const functions = [...exports].filter(([, value]) => typeof value === 'function').map(([name]) => name);
    const options: unknown = JSON.parse(JSON.stringify(exports.get('options') ?? null)) ?? undefined;
    return { options, functions, metrics: definitionsOf(registry), user };
  } catch (error) {
    if (aborted !== undefined) throw new WsgError('script.aborted', aborted, { cause: error });
    if (error instanceof Interruption) throw new WsgError('script.failed', 'the script did not load within 60 s');
    throw new WsgError('script.failed', describeScriptError(error, compiled), { cause: errorMessage(error) });
  }
}

function definitionsOf(registry: SeriesRegistry): MetricDefinition[] {
  const definitions = [...registry.metrics.values()].map(({ definition }) => definition);
  return definitions.toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

function filesOf(returned: unknown): SummaryFiles {
  const files = new Map<string, string | Uint8Array>();
  if (returned === undefined || returned === null) return files;
  if (typeof returned !== 'object') throw new TypeError('handleSummary() should return an object');
  for (const [path, content] of Object.entries(returned)) {
    if (content instanceof ArrayBuffer) files.set(path, new Uint8Array(content));
    else if (typeof content === 'string') files.set(path, content);
    else throw new TypeError(`handleSummary() should return a string or an ArrayBuffer for '${path}'`);
  }
  return files;
}

function countNothing(clock: Clock): ReturnType<ScriptRunner['thread']['counts']> {
  return { vusActive: 0, vusInitialized: 0, iterationsCompleted: 0, iterationsInterrupted: 0, startMs: clock.now() };
}

/** Options for the init code: the script's own options are not known yet. */
const DEFAULT_RUNTIME: RuntimeOptions = {
  setupTimeoutMs: 60_000,
  teardownTimeoutMs: 60_000,
  noSetup: false,
  noTeardown: false,
  throwsOnFailure: false,
  discardResponseBodies: false,
  noCookiesReset: false,
  noConnectionReuse: false,
  noVuConnectionReuse: false,
  insecureSkipTlsVerify: false,
  maxRedirects: 10,
  batch: 20,
  batchPerHost: 6,
  hosts: {},
  blockHostnames: [],
  blockedNetworks: [],
  localAddresses: [],
  dns: { ttlMs: 0, select: 'first', policy: 'preferIPv4' },
};

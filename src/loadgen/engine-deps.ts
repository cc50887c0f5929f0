import type { Clock } from '../core/clock.js';
import type { Calibration, MetricDefinition } from '../run-file/records.js';
import type { SampleBatch } from './metric/sample-batch.js';
import type { RunObserver } from './run/run-observer.js';
import type { RunSink } from './run/run-sink.js';
import type { ScriptBundle } from './script/script-runner.js';

/** A script as an engine runs it. */
export interface EngineScript {
  readonly bundle: ScriptBundle;
  /** All metrics that there are, its own among them. */
  readonly metrics: readonly MetricDefinition[];
  readonly hash: string;
}

/** What an engine works with. */
export interface EngineDeps {
  readonly clock: Clock;
  /** Of wsg, for the run file. */
  readonly version: string;
  /** Which build is tested, for the run file. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly sink?: RunSink;
  readonly observer?: RunObserver;
  /** Takes every sample; without it threads send none. Must not throw and should return soon. */
  readonly takeSamples?: (batch: SampleBatch) => void;
  /** Whether the engine also adds up what each scenario and group recorded. */
  readonly breaksDown?: boolean;
  /** What the virtual users run, when the plan's behaviour is a script. */
  readonly script?: EngineScript;
  /** Where the gateway's /metrics is: `http://127.0.0.1:5000`. */
  readonly gatewayUrl?: string;
  /** Of this machine, for the run file. */
  readonly calibration?: Calibration;
  /** The file that load threads run; the one beside this file unless told. */
  readonly threadEntry?: URL;
}

import type { Clock } from '../core/clock.js';
import type { Calibration, MetricDefinition } from '../run-file/records.js';
import type { SampleBatch } from './metric/sample-batch.js';
import type { RunObserver } from './run/run-observer.js';
import type { RunSink } from './run/run-sink.js';
import type { ScriptBundle } from './script/script-runner.js';

/** A script as the engine runs it. */
export interface EngineScript {
  readonly bundle: ScriptBundle;
  /** Definitions of all metrics, including the script's own. */
  readonly metrics: readonly MetricDefinition[];
  readonly hash: string;
}

/** Options and collaborators of the engine. */
export interface EngineDeps {
  readonly clock: Clock;
  /** Version of wsg, for the run file. */
  readonly version: string;
  /** Labels of the tested build, for the run file. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly sink?: RunSink;
  readonly observer?: RunObserver;
  /**
   * Receives every sample; without it threads do not send them. Must not throw and should return
   * quickly.
   */
  readonly takeSamples?: (batch: SampleBatch) => void;
  /** Whether the engine also aggregates by scenario and group. */
  readonly breaksDown?: boolean;
  /** The script of the virtual users, if the plan's behaviour is a script. */
  readonly script?: EngineScript;
  /** Addresses of the gateways whose /metrics are read: `http://127.0.0.1:5000`. */
  readonly gatewayUrls?: readonly string[];
  /** Calibration of this machine, for the run file. */
  readonly calibration?: Calibration;
  /** The entry file of load threads; the default is next to this file. */
  readonly threadEntry?: URL;
}

export { calibrate, CALIBRATION_SIZE } from './calibrate/calibrate.js';
export { calibrationPath, keepCalibration, readCalibration } from './calibrate/calibrate.js';
export { echoServerEntry } from './echo/echo-server-entry.js';
export { Engine } from './engine.js';
export type { EngineDeps } from './engine-deps.js';
export { inspectOptions } from './plan/inspect-options.js';
export { describePlan } from './plan/describe-plan.js';
export type { LoadFlags, OptionFlags } from './options/index.js';
export {
  parseLoadOptions,
  planLoad,
  readLoadOptions,
  type PlannedLoad,
  type ScriptOptions,
} from './plan/parse-load-options.js';
export { planTarget, type Plan } from './plan/plan.js';
export type { RunObserver, RunProgress } from './run/run-observer.js';
export { parseOutput, type OutputOptions } from './output/create-outputs.js';
export { DashboardOutput } from './output/dashboard-output.js';
export { LoadOutputs } from './output/load-outputs.js';
export { RunMonitor } from './run/run-monitor.js';
export { preflight } from './preflight/preflight.js';
export type { RunSink } from './run/run-sink.js';
export { teeSink } from './run/run-sink.js';
export { planSchedule } from './plan/describe-plan.js';
export { builtInOf } from './scenario/index.js';
export { remoteModulesFolder, RemoteModules } from './script/remote-modules.js';
export { Script } from './script/script.js';
export type { ScriptLogLevel, ScriptLogLine } from './script/runtime/script-log.js';

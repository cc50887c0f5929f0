export { Engine, type EngineDeps } from './engine.js';
export { describePlan, describeScenario, type PlanDescription } from './plan/describe-plan.js';
export { LOAD_OPTION_KEYS, type LoadFlags, type LoadOption } from './plan/load-settings.js';
export { DEFAULT_URL, parseLoadOptions } from './plan/parse-load-options.js';
export {
  BUILT_IN_SCENARIOS,
  maxPlanMs,
  maxPlanVus,
  startingTimeMs,
  type Plan,
  type ScenarioPlan,
} from './plan/plan.js';
export type { RunObserver, RunProgress, ScenarioProgress, ScenarioState } from './run-observer.js';
export type { RunSink } from './run-sink.js';

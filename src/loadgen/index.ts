export { Engine, type EngineDeps } from './engine.js';
export { describePlan } from './plan/describe-plan.js';
export type { LoadFlags } from './plan/load-flags.js';
export { parseLoadOptions, planLoad, type PlannedLoad, type ScriptOptions } from './plan/parse-load-options.js';
export { planTarget, type Plan } from './plan/plan.js';
export { metricProblems } from './plan/read-thresholds.js';
export type { RunObserver, RunProgress } from './run-observer.js';
export { localVus } from './plan/local-scenarios.js';
export { planSchedule } from './plan/schedule.js';

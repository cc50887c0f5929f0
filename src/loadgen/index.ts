export { Engine, type EngineDeps } from './engine.js';
export { describePlan } from './plan/describe-plan.js';
export type { LoadFlags } from './plan/load-settings.js';
export { parseLoadOptions } from './plan/parse-load-options.js';
export { maxPlanVus, type Plan } from './plan/plan.js';
export type { RunObserver, RunProgress } from './run-observer.js';

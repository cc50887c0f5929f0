// Exports what comparisons need. Code that prints a run, renders a page, exports or computes trends
// imports that room directly, so that a command loads only what it uses.
export { compareFiles } from './compare/compare-files.js';
export type { LoadedComparison } from './compare/compare-runs.js';
export { GATES_FILE, readGates, readGatesFile } from './compare/gates/read-gates.js';
export type { Comparison } from './compare/comparison.js';
export { outcomeOf, type Outcome } from './compare/verdict.js';
export {
  COMPARISON_FORMATS,
  formatOfFile,
  renderComparison,
  type ComparisonFormat,
} from './render/render-comparison.js';
export {
  BASELINE_FOLDER,
  BaselineStore,
  DEFAULT_KEEP,
  type Baseline,
  type Kept,
  type SaveOptions,
} from './baseline/baseline-store.js';
export { DEFAULT_ANCHOR } from './compare/baselines/split-baselines.js';
export { runsUpTo } from './baseline/runs-up-to.js';
export { labelsText } from './render/labels-text.js';

export { compareFiles, type LoadedComparison } from './compare/compare-runs.js';
export { renderHtmlComparison } from './html/comparison-page.js';
export { renderHtmlRun } from './html/run-page.js';
export { EXPORT_FORMATS, exportRun, seriesOfRun, type ExportFormat } from './export/export-run.js';
export { renderTrend } from './render/trend-text.js';
export { trendOfRuns } from './trend/trend-runs.js';
export { GATES_FILE, readGates, readGatesFile } from './compare/read-gates.js';
export type { Comparison } from './compare/comparison.js';
export {
  COMPARISON_FORMATS,
  formatOfFile,
  renderComparison,
  type ComparisonFormat,
} from './render/render-comparison.js';
export { renderReport, type RenderReportOptions } from './report-run.js';
export { BASELINE_FOLDER, BaselineStore, DEFAULT_KEEP, type Baseline } from './baseline/baseline-store.js';
export { calibrateRuns, type FigureCalibration } from './calibrate/calibrate-runs.js';
export { selftestRun, type Selftest } from './selftest/selftest-run.js';

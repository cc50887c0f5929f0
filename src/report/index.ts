export { renderReport, type RenderReportOptions } from './report-run.js';

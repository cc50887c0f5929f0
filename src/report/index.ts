export { renderReport, type RenderReportOptions, type ReportFormat } from './report-run.js';

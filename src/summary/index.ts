export { renderGateway, compareWithGateway } from './gateway-section.js';
export { renderHdrTables } from './hdr-table.js';
export { renderHeader, type HeaderView } from './header.js';
export { renderHealth } from './health-section.js';
export { renderProgress } from './progress.js';
export { renderSpectra } from './spectrum.js';
export { summaryJson } from './summary-json.js';
export { renderSummary, SUMMARY_MODES, type SummaryOptions } from './text-summary.js';
export { parseTrendStats } from './trend-stats.js';

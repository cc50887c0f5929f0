import type { Run } from '../run-file/records.js';
import { summaryJson } from '../summary/index.js';
import type { Renderer } from './renderer.js';

/** One JSON object: docs/reference/summary-json.md. */
export const jsonRenderer: Renderer = {
  render: (run: Run): string => `${JSON.stringify(summaryJson(run), null, 2)}\n`,
};

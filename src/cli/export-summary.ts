import { writeFileSync } from 'node:fs';
import { errorMessage, WsgError } from '../core/error.js';
import type { Run } from '../run-file/records.js';
import { summaryExport } from '../summary/index.js';

/** Where `--summary-export` writes, and how. */
export interface SummaryExportWish {
  /** Undefined when nobody asked for it. */
  readonly path: string | undefined;
  readonly trendStats: string | undefined;
  /** What the script's `setup` returned, as JSON. */
  readonly setupData: string | undefined;
}

/** Writes k6's flat JSON of a run; gives what went wrong. */
export function exportSummary(run: Run, { path, ...options }: SummaryExportWish): WsgError | undefined {
  if (path === undefined) return undefined;
  try {
    writeFileSync(path, `${summaryExport(run, options)}\n`);
    return undefined;
  } catch (cause) {
    const sentence = `summary-export: ${path} cannot be written: ${errorMessage(cause)}`;
    return new WsgError('output.failed', sentence, { cause });
  }
}

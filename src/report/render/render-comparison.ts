import type { Comparison } from '../compare/comparison.js';
import { renderComparisonCodeQuality } from './comparison-code-quality.js';
import { renderComparisonCsv } from './comparison-csv.js';
import { renderComparisonJunit } from './comparison-junit.js';
import { renderComparisonMarkdown } from './comparison-markdown.js';
import { renderComparisonText, type ComparisonTextOptions } from './comparison-text.js';

/** Formats of a comparison. `html` also needs the runs: see html/comparison-page.ts. */
export const COMPARISON_FORMATS = ['text', 'markdown', 'json', 'junit', 'csv', 'code-quality', 'html'] as const;
export type ComparisonFormat = (typeof COMPARISON_FORMATS)[number];

export interface RenderComparisonOptions extends ComparisonTextOptions {
  /** Whether an inconclusive gate counts as a failure. */
  readonly isStrict: boolean;
  /** File that contains the gates, for formats that refer to a file. */
  readonly gatesFile?: string;
}

/** Renders a comparison in one of the formats; the text ends with a newline. */
export function renderComparison(
  comparison: Comparison,
  format: Exclude<ComparisonFormat, 'html'>,
  options: RenderComparisonOptions,
): string {
  switch (format) {
    case 'text':
      return renderComparisonText(comparison, options);
    case 'markdown':
      return renderComparisonMarkdown(comparison);
    case 'json':
      return `${JSON.stringify(comparison, null, 2)}\n`;
    case 'junit':
      return renderComparisonJunit(comparison, options.isStrict);
    case 'csv':
      return renderComparisonCsv(comparison);
    case 'code-quality':
      return renderComparisonCodeQuality(comparison, options);
  }
}

/** The format by a file's name; undefined if its extension is unknown. */
export function formatOfFile(path: string): ComparisonFormat | undefined {
  // The file name in GitLab's documentation; its extension alone would mean the JSON of the
  // comparison.
  if (/code-?quality[^/\\]*\.json$/i.test(path)) return 'code-quality';
  const endings: Readonly<Record<string, ComparisonFormat>> = {
    txt: 'text',
    md: 'markdown',
    json: 'json',
    xml: 'junit',
    csv: 'csv',
    html: 'html',
    htm: 'html',
  };
  return endings[/\.(?<ending>\w+)$/.exec(path)?.groups?.['ending'] ?? ''];
}

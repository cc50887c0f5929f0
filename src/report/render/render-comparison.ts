import type { Comparison } from '../compare/comparison.js';
import { renderComparisonCodeQuality } from './comparison-code-quality.js';
import { renderComparisonCsv } from './comparison-csv.js';
import { renderComparisonJunit } from './comparison-junit.js';
import { renderComparisonMarkdown } from './comparison-markdown.js';
import { renderComparisonText, type ComparisonTextOptions } from './comparison-text.js';

/** `html` is made of the runs too: see html/comparison-page.ts. */
export const COMPARISON_FORMATS = ['text', 'markdown', 'json', 'junit', 'csv', 'code-quality', 'html'] as const;
export type ComparisonFormat = (typeof COMPARISON_FORMATS)[number];

export interface RenderComparisonOptions extends ComparisonTextOptions {
  /** Whether an inconclusive gate is as bad as a regression. */
  readonly isStrict: boolean;
  /** Where the gates stand, for formats that point at a file. */
  readonly gatesFile?: string;
}

/** A comparison in one of the formats; ends in a newline. */
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

/** The format that a file's name asks for; undefined when it asks for none. */
export function formatOfFile(path: string): ComparisonFormat | undefined {
  // GitLab's example calls it so; as JSON it would be the whole comparison.
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

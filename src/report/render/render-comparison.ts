import type { Comparison } from '../compare/comparison.js';
import { renderComparisonCodeQuality } from './comparison-code-quality.js';
import { renderComparisonCsv } from './comparison-csv.js';
import { renderComparisonJunit } from './comparison-junit.js';
import { renderComparisonMarkdown } from './comparison-markdown.js';
import { renderComparisonText, type ComparisonTextOptions } from './comparison-text.js';

export interface RenderComparisonOptions extends ComparisonTextOptions {
  /** Whether an inconclusive gate counts as a failure. */
  readonly isStrict: boolean;
  /** File that contains the gates, for formats that refer to a file. */
  readonly gatesFile?: string;
}

/** Formats whose text is made of the comparison alone. */
const TEXT_FORMATS = ['text', 'markdown', 'json', 'junit', 'csv', 'code-quality'] as const;
type TextFormat = (typeof TEXT_FORMATS)[number];
/** Formats of a comparison. `html` also needs the runs: see html/comparison-page.ts. */
export type ComparisonFormat = TextFormat | 'html';

interface ComparisonRenderer {
  /** Extension of files in this format. */
  readonly extension: string;
  /** Renders text that ends with a newline. */
  readonly render: (comparison: Comparison, options: RenderComparisonOptions) => string;
}

/** All renderers of comparisons: one row per format. */
const RENDERERS: Readonly<Record<TextFormat, ComparisonRenderer>> = {
  text: { extension: 'txt', render: renderComparisonText },
  markdown: { extension: 'md', render: renderComparisonMarkdown },
  json: { extension: 'json', render: (comparison) => `${JSON.stringify(comparison, null, 2)}\n` },
  junit: { extension: 'xml', render: (comparison, { isStrict }) => renderComparisonJunit(comparison, isStrict) },
  csv: { extension: 'csv', render: renderComparisonCsv },
  'code-quality': { extension: '', render: renderComparisonCodeQuality },
};
export const COMPARISON_FORMATS: readonly ComparisonFormat[] = [...TEXT_FORMATS, 'html'];

/** Renders a comparison in one of the formats; the text ends with a newline. */
export function renderComparison(comparison: Comparison, format: TextFormat, options: RenderComparisonOptions): string {
  return RENDERERS[format].render(comparison, options);
}

/** The format by a file's name; undefined if its extension is unknown. */
export function formatOfFile(path: string): ComparisonFormat | undefined {
  // The file name in GitLab's documentation; its extension alone would mean the JSON of the comparison.
  if (/code-?quality[^/\\]*\.json$/i.test(path)) return 'code-quality';
  const extension = /\.(?<extension>\w+)$/.exec(path)?.groups?.['extension'];
  if (extension === 'html' || extension === 'htm') return 'html';
  return TEXT_FORMATS.find((format) => RENDERERS[format].extension === extension);
}

import { readRun } from '../run-file/index.js';
import { jsonRenderer } from './json-renderer.js';
import type { Renderer, ReportOptions } from './renderer.js';
import { textRenderer } from './text-renderer.js';

export const REPORT_FORMATS = ['text', 'json', 'spectrum'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export interface RenderReportOptions extends Partial<ReportOptions> {
  readonly format: ReportFormat;
}

/** Reads a run file and makes its report. Throws what `readRun` throws: an error with a sentence for whatever the file is. */
export async function renderReport(path: string, options: RenderReportOptions): Promise<string> {
  const run = await readRun(path, { seconds: false });
  const renderer = await rendererOf(options.format);
  return renderer.render(run, { colour: options.colour ?? false, columns: options.columns ?? 80 });
}

async function rendererOf(format: ReportFormat): Promise<Renderer> {
  switch (format) {
    case 'text':
      return textRenderer;
    case 'json':
      return jsonRenderer;
    case 'spectrum':
      return (await import('./spectrum-renderer.js')).spectrumRenderer;
  }
}

import type { Run } from '../../run-file/records.js';
import { summaryJson, renderGateway, renderHdrTables, renderHealth, renderSummary } from '../../summary/index.js';
import { renderSpectra } from '../../summary/sections/spectrum.js';
import { readRun } from '../../run-file/index.js';
import { labelsText } from './labels-text.js';

export interface ReportOptions {
  readonly colour: boolean;
  /** Width of the terminal. */
  readonly columns: number;
}

/** Renders a run as text that ends with a newline. */
export interface Renderer {
  render(run: Run, options: ReportOptions): string;
}

/** Renders one JSON object: docs/reference/summary-json.md. */
const jsonRenderer: Renderer = {
  render: (run: Run): string => `${JSON.stringify(summaryJson(run), null, 2)}\n`,
};

/** Renders HdrHistogram's percentile distribution of each trend, for plotting tools. */
const spectrumRenderer: Renderer = {
  render: (run: Run): string => renderSpectra(run),
};

/** Renders the summary that loadtest printed at its end, below a title, and any warnings. */
export const textRenderer: Renderer = {
  render(run: Run, options: ReportOptions): string {
    const sections = [
      renderHdrTables(run, options),
      renderGateway(run, options),
      renderHealth(run, options),
      notes(run),
    ].filter((section) => section !== '');
    const summary = renderSummary(run, { mode: 'legacy', colour: options.colour });
    return `${title(run)}${summary}${sections.join('\n')}`;
  },
};

function title({ header }: Run): string {
  const at = header.target === undefined ? '' : ` at ${header.target.given}`;
  const labels = labelsText(header.labels ?? {});
  return (
    `${header.scenario}${at}, started ${header.startedAt}\n` +
    (labels === '' ? '' : `  * ${labels}\n`) +
    header.description.map((line) => `  * ${line}\n`).join('') +
    partText(header)
  );
}

/** The part of the plan that ran, or the parts of a merged run; nothing for a whole plan. */
function partText({ segment, shard, shards, share }: Run['header']): string {
  if (segment !== undefined) {
    const number = shard === undefined ? '' : `shard ${shard.index} of ${shard.count}, `;
    return `  * a part of the plan: ${number}segment ${segment.text}\n`;
  }
  if (shards === undefined) return '';
  const ran = share === undefined ? '' : `, which ran ${(share * 100).toFixed(1)} % of the plan`;
  return `  * merged from ${shards.length} shard${shards.length === 1 ? '' : 's'}${ran}\n`;
}

function notes({ events, end, complete }: Run): string {
  const lines = events.map(({ elapsedMs, kind, text }) => `${kind} at ${(elapsedMs / 1000).toFixed(1)}s: ${text}`);
  if (!complete || end.reason !== 'finished') lines.push(`the run did not finish: ${end.detail ?? end.reason}`);
  else if (end.detail !== undefined) lines.push(end.detail);
  for (const reason of end.invalid ?? []) lines.push(`the run is invalid: ${reason}`);
  return lines.map((line) => `${line}\n`).join('');
}

type ReportFormat = 'text' | 'json' | 'spectrum';

/** All renderers of a single run. */
const RENDERERS: Readonly<Record<ReportFormat, Renderer>> = {
  text: textRenderer,
  json: jsonRenderer,
  spectrum: spectrumRenderer,
};

export interface RenderReportOptions extends Partial<ReportOptions> {
  readonly format: ReportFormat;
}

/** Reads a run file and renders its report. Throws the errors of `readRun`. */
export async function renderReport(path: string, options: RenderReportOptions): Promise<string> {
  const run = await readRun(path, { seconds: false });
  return RENDERERS[options.format].render(run, { colour: options.colour ?? false, columns: options.columns ?? 80 });
}

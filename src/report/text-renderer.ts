import type { Run } from '../run-file/records.js';
import { renderGateway, renderHdrTables, renderHealth, renderSummary } from '../summary/index.js';
import { labelsText } from './render/labels-text.js';
import type { Renderer, ReportOptions } from './renderer.js';

/** What loadtest printed at its end, under a line that says which run it was, and any warnings. */
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
    header.description.map((line) => `  * ${line}\n`).join('')
  );
}

function notes({ events, end, complete }: Run): string {
  const lines = events.map(({ elapsedMs, kind, text }) => `${kind} at ${(elapsedMs / 1000).toFixed(1)}s: ${text}`);
  if (!complete || end.reason !== 'finished') lines.push(`the run did not finish: ${end.detail ?? end.reason}`);
  else if (end.detail !== undefined) lines.push(end.detail);
  return lines.map((line) => `${line}\n`).join('');
}

import type { Run } from '../../run-file/records.js';
import { textRenderer } from '../render/render-run.js';
import { escapeHtml } from '../../core/markup.js';
import { renderPage } from './page-shell.js';
import { dataOfRun } from './page-data.js';

const TEXT = { colour: false, columns: 120 } as const;

/** Renders a run as one self-contained HTML file. Throws the errors of `readRun`. */
export async function renderHtmlRun(path: string): Promise<Iterable<string>> {
  const { data, run } = await dataOfRun(path);
  const { header, end } = run;
  const { verdict, reasons } = end.health;
  const body = [
    `<header><h1>${escapeHtml(header.scenario)}</h1>`,
    `<p>${header.description.map(escapeHtml).join('<br>')}</p>`,
    `<p class="soft">${escapeHtml(originOf(run))}</p>`,
    `<p>ended: ${end.reason}${end.detail === undefined ? '' : `, ${escapeHtml(end.detail)}`}; generator: <span class="verdict ${verdict}">${verdict}</span> <span class="soft">${reasons.map(escapeHtml).join('; ')}</span></p></header>`,
    thresholds(run),
    `<details><summary>as text</summary><pre class="wide">${escapeHtml(textRenderer.render(run, TEXT))}</pre></details>`,
  ];
  return renderPage(`wsg: ${header.scenario}`, body.join('\n'), data);
}

function originOf({ header, complete }: Run): string {
  const { startedAt, version, node, machine } = header;
  const cut = complete ? '' : '; the file is truncated, so the totals are the sums of its seconds';
  return `${startedAt}, wsg ${version}, Node ${node}, ${machine.cpuModel}, ${machine.cpus} cores${cut}`;
}

function thresholds({ thresholds: all }: Run): string {
  if (all.length === 0) return '';
  const items = all.map(
    ({ series, expression, ok }) =>
      `<li class="${ok ? 'healthy' : 'bad'}">${ok ? '✓' : '✗'} <code>${escapeHtml(`${series} ${expression}`)}</code></li>`,
  );
  return `<h2>thresholds</h2><ul>${items.join('')}</ul>`;
}

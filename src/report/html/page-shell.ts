import { escapeHtml } from '../../core/markup.js';
import { createHash } from 'node:crypto';
import { UPLOT_SCRIPT, UPLOT_STYLE } from '../../summary/page/uplot-assets.js';
import type { PageData } from './page-data.js';
import { PAGE_SCRIPT } from './page-script.js';
import { PAGE_STYLE } from './page-style.js';

/**
 * Encodes JSON for a script element, so that it can neither end the element nor begin a comment.
 */
export function embeddedJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', String.raw`\u003c`)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`);
}

/**
 * Renders a self-contained page that needs neither network nor server. Its policy (CSP 3) allows
 * only its two scripts, by hash. Yields pieces, since the data of ten thousand series are long.
 */
export function* renderPage(title: string, body: string, data: PageData): Generator<string> {
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(UPLOT_SCRIPT)} ${hashOf(PAGE_SCRIPT)}`,
    `style-src ${hashOf(UPLOT_STYLE)} ${hashOf(PAGE_STYLE)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${UPLOT_STYLE}</style>
<style>${PAGE_STYLE}</style>
</head>
<body>
<a class="skip" href="#charts">Skip to the charts</a>
<button id="theme" type="button">Dark/light theme</button>
${body}
<section aria-label="charts">
<p class="hint">Drag across a chart to zoom; all charts over time follow. Double-click to reset. With the keyboard: Tab selects a chart, arrow keys move the cursor, + and - zoom, 0 resets.</p>
<p id="spoken" role="status" aria-live="polite"></p>
<div id="charts"></div>
</section>
<noscript><p>The charts need JavaScript; the tables above work without it.</p></noscript>
<script type="application/json" id="data">`;
  yield* dataJson(data);
  yield `</script>
<script>${UPLOT_SCRIPT}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** The data as one JSON object. */
function* dataJson({ runs, spectra, shifts, charts }: PageData): Generator<string> {
  yield `{"runs":${embeddedJson(runs)},"shifts":${embeddedJson(shifts)},"spectra":`;
  yield* listJson(spectra);
  yield ',"charts":';
  yield* listJson(charts);
  yield '}';
}

function* listJson(items: readonly unknown[]): Generator<string> {
  let before = '[';
  for (const item of items) {
    yield `${before}${embeddedJson(item)}`;
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

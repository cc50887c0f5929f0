import { escapeHtml } from '../../core/markup.js';
import type { RunHeader } from '../../run-file/records.js';

/**
 * Renders the page around the charts. It does not show the target, whose URL may contain a secret.
 */
export function dashboardPage(header: Pick<RunHeader, 'scenario' | 'version' | 'description'> | undefined): string {
  const title = header === undefined ? 'wsg loadtest' : `wsg loadtest: ${header.scenario}`;
  const lines = (header?.description ?? []).map((line) => `<li>${escapeHtml(line)}</li>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="uplot.css">
<link rel="stylesheet" href="dashboard.css">
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p id="state" role="status">waiting for the first second</p>
<ul>${lines.join('')}</ul>
<p>generator: <strong id="verdict"></strong> <span id="health"></span></p>
<p>checks: <span id="checks"></span></p>
<ul id="thresholds"></ul>
</header>
<main id="charts"></main>
<script src="uplot.js"></script>
<script src="dashboard.js"></script>
</body>
</html>
`;
}

/** The page's own style sheet. */
export const DASHBOARD_STYLE = `body { font: 15px/1.4 system-ui, sans-serif; margin: 1rem auto; max-width: 1400px; padding: 0 1rem; color: #1c2127; background: #fff; }
h1 { font-size: 1.3rem; } h2 { font-size: 1rem; grid-column: 1 / -1; margin: 1rem 0 0; }
header ul { list-style: none; padding: 0; }
section { display: grid; grid-template-columns: repeat(auto-fill, minmax(400px, 1fr)); gap: 0.5rem 1rem; }
.chart { min-width: 0; } .u-title { font-size: 0.9rem; }
.ok, .healthy { color: #1a7f37; } .strained { color: #9a6700; } .crossed, .saturated { color: #c23030; }
@media (max-width: 450px) { section { grid-template-columns: 1fr; } }
`;

const LIGHT =
  '--ink: #1c2127; --soft: #5f6b7a; --paper: #fff; --line: #d9dee5; --card: #f6f8fa; --base: #5c7080; --next: #2a6fdb; --good: #1a7f37; --bad: #c23030; --doubt: #9a6700;';
const DARK =
  '--ink: #e6edf3; --soft: #9aa7b5; --paper: #12161b; --line: #303842; --card: #1a2027; --base: #a8b6c4; --next: #6aa5ff; --good: #4ac26b; --bad: #ff7b72; --doubt: #e3b341;';

/** How a page looks, on screens light and dark, and on paper. */
export const PAGE_STYLE = `
:root { ${LIGHT} }
@media screen and (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { ${DARK} } }
@media screen { :root[data-theme="dark"] { ${DARK} } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 1280px; padding: 1.5rem 1rem 4rem; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.5rem; margin: 0 0 0.2rem; } h2 { font-size: 1.1rem; margin: 2rem 0 0.6rem; } p { margin: 0.3rem 0; }
.soft, .hint { color: var(--soft); } .hint { font-size: 0.85rem; margin-top: 2rem; }
.verdict { font-weight: 700; } .regression, .saturated, .bad { color: var(--bad); } .improvement, .within-budget, .healthy { color: var(--good); } .inconclusive, .invalid, .strained { color: var(--doubt); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.3rem 0.9rem 0.3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; } th { color: var(--soft); font-weight: 600; } td.number { text-align: right; white-space: nowrap; }
code { font: 0.9em ui-monospace, monospace; }
.bar { display: block; } .bar .budget { fill: var(--line); } .bar .zero { stroke: var(--soft); } .bar .interval { stroke: currentColor; stroke-width: 4; } .bar .effect { fill: currentColor; }
ul { margin: 0.3rem 0; padding-left: 1.2rem; }
#charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 520px), 1fr)); gap: 1rem; }
#charts h2 { grid-column: 1 / -1; margin-bottom: 0; }
.chart { min-width: 0; min-height: 270px; background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 0.5rem; } .chart:focus-visible { outline: 3px solid var(--next); }
.u-title { font-size: 0.95rem; } .u-legend { font-size: 0.8rem; } .u-legend .u-marker { border-style: solid; }
#theme { float: right; font: inherit; font-size: 0.85rem; color: var(--soft); background: none; border: 1px solid var(--line); border-radius: 4px; padding: 0.2rem 0.6rem; cursor: pointer; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; }
@media print { #theme, .hint, #spoken { display: none; } body { max-width: none; } .chart { break-inside: avoid; } }
`;

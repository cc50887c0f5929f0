import type { CheckFigures, Run, ThresholdRecord } from '../run-file/records.js';
import { checkLines } from './check-lines.js';
import { checkTree, type CheckGroup } from './check-tree.js';
import { formatNumber, formatShare, formatValue } from './format-value.js';
import { metricRows, type MetricRow, type RowOptions } from './metric-rows.js';
import { checkTotals, type SummaryMetric } from './summary-metric.js';
import { padRight } from './text-width.js';

const INDENT = '    ';
/** What both modes leave out. */
const HIDDEN = new Set(['checks', 'group_duration']);
/** What the compact mode leaves out besides. */
const ONLY_IN_FULL = new Set(
  ['blocked', 'connecting', 'receiving', 'sending', 'tls_handshaking', 'waiting'].map((part) => `http_req_${part}`),
);

const SECTIONS = ['CUSTOM', 'HTTP', 'EXECUTION', 'NETWORK', 'WEBSOCKET'] as const;
/** k6 sorts by the beginning of a name, so a script's own metrics may land here too. */
const EXECUTION_PREFIXES = ['vus', 'iterations', 'iteration_duration', 'dropped_iterations'];

/** k6's summary as 1.x prints it: thresholds, totals and checks, then metrics by section. */
export function renderSectionedSummary(
  run: Run,
  metrics: readonly SummaryMetric[],
  options: RowOptions & { readonly isFull: boolean },
): string {
  const { palette, isFull } = options;
  const heading = (title: string): string => `  █ ${palette.strong(title)} \n`;
  const shown = metrics.filter(({ metric }) => !HIDDEN.has(metric) && (isFull || !ONLY_IN_FULL.has(metric)));
  const lines = ['', ''];
  const thresholds = thresholdLines(metrics, options);
  if (thresholds.length > 0) lines.push(heading('THRESHOLDS'), ...thresholds, '');
  lines.push(heading('TOTAL RESULTS'), ...checkSection(run, options), ...metricSections(shown, options));
  if (isFull) lines.push(...groupSections(checkTree(run.end.totals.checks), INDENT, options));
  return `${lines.join('\n')}\n\n`;
}

function thresholdLines(metrics: readonly SummaryMetric[], options: RowOptions): string[] {
  const lines: string[] = [];
  let previous = '';
  for (const metric of metrics) {
    if (metric.thresholds.length === 0) continue;
    const isUnderParent = metric.tags !== undefined && metric.metric === previous;
    const indent = isUnderParent ? `${INDENT}  ` : INDENT;
    lines.push(`${indent}${isUnderParent ? `{${metric.tags}}` : metric.name}`);
    for (const threshold of metric.thresholds) lines.push(`${indent}${thresholdLine(metric, threshold, options)}`);
    lines.push('');
    previous = metric.metric;
  }
  return lines;
}

function thresholdLine(metric: SummaryMetric, threshold: ThresholdRecord, options: RowOptions): string {
  const { expression, ok, aggregate, value } = threshold;
  const mark = ok ? options.palette.pass('✓') : options.palette.fail('✗');
  if (value === null) return `${mark} '${expression}' ${aggregate}=n/a`;
  const isCount = aggregate === 'count' && metric.values.type === 'trend';
  const format = { type: metric.values.type, contains: metric.contains, timeUnit: options.timeUnit };
  return `${mark} '${expression}' ${aggregate}=${options.palette.value(isCount ? String(value) : formatValue(value, format))}`;
}

function checkSection(run: Run, { palette }: RowOptions): string[] {
  const { passes, fails } = checkTotals(run.end.totals);
  const total = passes + fails;
  if (total === 0) return [];
  const perSecond = formatNumber(total / (run.end.totals.durationMs / 1000), 6);
  const rows = [
    ['checks_total', String(total), `${perSecond}/s`],
    ['checks_succeeded', formatShare(passes / total), `${passes} out of ${total}`],
    ['checks_failed', formatShare(fails / total), `${fails} out of ${total}`],
  ] as const;
  const width = Math.max(...rows.map(([, value]) => value.length));
  return [
    ...rows.map(([name, value, extra]) => {
      const dots = palette.faint('.'.repeat('checks_succeeded'.length + 3 - name.length));
      return `${INDENT}${name}${dots}: ${palette.value(padRight(value, width))} ${palette.extra(extra)}`;
    }),
    '',
    ...byName(run.end.totals.checks).flatMap((check) => checkLines(check, INDENT, palette, '  ')),
    '',
  ];
}

/** Here checks of one name are one, whatever their groups. */
function byName(checks: readonly CheckFigures[]): CheckFigures[] {
  const sums = new Map<string, CheckFigures>();
  for (const { name, passes, fails } of checks) {
    const sum = sums.get(name);
    sums.set(name, { name, group: '', passes: passes + (sum?.passes ?? 0), fails: fails + (sum?.fails ?? 0) });
  }
  return [...sums.values()];
}

function metricSections(metrics: readonly SummaryMetric[], options: RowOptions): string[] {
  const rows = metricRows(metrics, options);
  return SECTIONS.flatMap((section) => {
    const own = rows.filter((row) => sectionOf(row.metric.metric) === section);
    if (own.length === 0) return [];
    return [`${INDENT}${options.palette.strong(section)}`, ...own.map(sectionedLine), ''];
  });
}

function sectionedLine(row: MetricRow): string {
  return `${INDENT}${row.metric.tags === undefined ? '' : '  '}${row.name}${row.dots}: ${row.text}`;
}

function sectionOf(metric: string): (typeof SECTIONS)[number] {
  if (EXECUTION_PREFIXES.some((prefix) => metric.startsWith(prefix))) return 'EXECUTION';
  if (metric === 'data_sent' || metric === 'data_received') return 'NETWORK';
  if (metric.startsWith('ws_')) return 'WEBSOCKET';
  return metric.startsWith('http_req') ? 'HTTP' : 'CUSTOM';
}

/** The full mode repeats each group with its checks; metrics are not kept by group. */
function groupSections(root: CheckGroup, indent: string, options: RowOptions): string[] {
  return root.groups.flatMap((group) => [
    `${indent.slice(2)}${root.name === '' ? '█' : '↳'} GROUP: ${group.name}`,
    '',
    ...group.checks.flatMap((check) => checkLines(check, indent, options.palette, '  ')),
    '',
    ...groupSections(group, `${indent}  `, options),
  ]);
}

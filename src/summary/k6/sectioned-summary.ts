import type { CheckFigures, Run, RunTotals, ThresholdRecord } from '../../run-file/records.js';
import { checkLines } from './check-tree.js';
import { formatNumber, formatShare, formatValue } from '../terminal/format-value.js';
import { metricRows, type MetricRow, type RowOptions } from './metric-rows.js';
import { runParts, type RunPart } from './run-parts.js';
import { checkTotals, summaryMetrics, type SummaryMetric } from './summary-metric.js';
import { padRight } from '../terminal/text-width.js';

const INDENT = '    ';
/** Metrics that both modes leave out. */
const HIDDEN = new Set(['checks', 'group_duration']);
/** Metrics that only the compact mode leaves out. */
const ONLY_IN_FULL = new Set(
  ['blocked', 'connecting', 'receiving', 'sending', 'tls_handshaking', 'waiting'].map((part) => `http_req_${part}`),
);

/** Options of the sections. */
interface SectionOptions extends RowOptions {
  readonly isFull: boolean;
  /** Whether to render the totals of each scenario and group. */
  readonly breakdown?: RunTotals;
}

const NO_PARTS = { groups: [], scenarios: [] } as const;
const SECTIONS = ['CUSTOM', 'HTTP', 'EXECUTION', 'NETWORK', 'WEBSOCKET'] as const;
/** k6 sorts by the beginning of a name, so a script's own metrics may land here too. */
const EXECUTION_PREFIXES = ['vus', 'iterations', 'iteration_duration', 'dropped_iterations'];

/**
 * Renders k6's summary as 1.x does: thresholds, totals and checks, then metrics by section. Its
 * full form repeats these for each part of the run.
 */
export function renderSectionedSummary(run: Run, metrics: readonly SummaryMetric[], options: SectionOptions): string {
  const lines = ['', ''];
  const thresholds = thresholdLines(metrics, options);
  if (thresholds.length > 0) lines.push(heading('THRESHOLDS', options), ...thresholds, '');
  lines.push(heading('TOTAL RESULTS', options), ...partLines({ run, metrics }, INDENT, options));
  const { groups, scenarios } = options.breakdown === undefined ? NO_PARTS : runParts(options.breakdown);
  for (const [kind, parts] of [
    ['GROUP', groups],
    ['SCENARIO', scenarios],
  ] as const) {
    for (const part of parts) {
      lines.push('', heading(`${kind}: ${part.name}`, options), ...contentOf(part, run, INDENT, options));
    }
  }
  return `${lines.join('\n')}\n\n`;
}

/** Renders a run or a part of it: its checks, summed up and listed, then its metrics by section. */
function partLines(
  { run, metrics }: { readonly run: Run; readonly metrics: readonly SummaryMetric[] },
  indent: string,
  options: SectionOptions,
): string[] {
  const shown = metrics.filter(({ metric }) => !HIDDEN.has(metric) && (options.isFull || !ONLY_IN_FULL.has(metric)));
  return [...checkSection(run, indent, options), ...metricSections(shown, indent, options)];
}

/** Renders the lines of a scenario or group, then those of its subgroups, indented further. */
function contentOf(part: RunPart, run: Run, indent: string, options: SectionOptions): string[] {
  const own = { ...run, thresholds: [], end: { ...run.end, totals: part.totals } };
  return [
    ...partLines({ run: own, metrics: summaryMetrics(own) }, indent, options),
    ...part.parts.flatMap((child) => [
      `${indent}↳ ${options.palette.strong(`GROUP: ${child.name}`)} `,
      '',
      ...contentOf(child, run, `${indent}  `, options),
    ]),
  ];
}

function heading(title: string, { palette }: RowOptions): string {
  return `  █ ${palette.strong(title)} \n`;
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

function checkSection(run: Run, indent: string, { palette }: RowOptions): string[] {
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
      return `${indent}${name}${dots}: ${palette.value(padRight(value, width))} ${palette.extra(extra)}`;
    }),
    '',
    // k6 indents the counts twice within groups.
    ...byName(run.end.totals.checks).flatMap((check) => checkLines(check, indent, palette, indent.slice(2))),
    '',
  ];
}

/** In this list, checks with the same name are merged across groups. */
function byName(checks: readonly CheckFigures[]): CheckFigures[] {
  const sums = new Map<string, CheckFigures>();
  for (const { name, passes, fails } of checks) {
    const sum = sums.get(name);
    sums.set(name, { name, group: '', passes: passes + (sum?.passes ?? 0), fails: fails + (sum?.fails ?? 0) });
  }
  return [...sums.values()];
}

function metricSections(metrics: readonly SummaryMetric[], indent: string, options: RowOptions): string[] {
  const rows = metricRows(metrics, options);
  return SECTIONS.flatMap((section) => {
    const own = rows.filter((row) => sectionOf(row.metric.metric) === section);
    if (own.length === 0) return [];
    return [`${indent}${options.palette.strong(section)}`, ...own.map((row) => indent + sectionedLine(row)), ''];
  });
}

function sectionedLine(row: MetricRow): string {
  return `${row.metric.tags === undefined ? '' : '  '}${row.name}${row.dots}: ${row.text}`;
}

function sectionOf(metric: string): (typeof SECTIONS)[number] {
  if (EXECUTION_PREFIXES.some((prefix) => metric.startsWith(prefix))) return 'EXECUTION';
  if (metric === 'data_sent' || metric === 'data_received') return 'NETWORK';
  if (metric.startsWith('ws_')) return 'WEBSOCKET';
  return metric.startsWith('http_req') ? 'HTTP' : 'CUSTOM';
}

import type { HealthRecord } from '../../run-file/records.js';
import type { RunSnapshot } from '../live/run-snapshot.js';
import { outputSeries, type OutputSeries } from './output-series.js';

/**
 * The run so far in Prometheus' text format 0.0.4: counters `_total`, rates as passes and fails,
 * trends as summaries, times in seconds, all cumulative. Submetrics are separate families,
 * `wsg_tagged_...`, so that a sum over a family counts nothing twice.
 */
export function prometheusText(snapshot: RunSnapshot): string {
  return [...familiesOf(snapshot, snapshot.health)]
    .map(([name, { type, lines }]) => `# TYPE ${name} ${type}\n${lines.join('\n')}\n`)
    .join('');
}

/**
 * A finished run in OpenMetrics text format 1.0 (openmetrics.io): the same families, where a
 * counter's is named without `_total`, and a last line that says that nothing is missing. Without
 * what holds for one moment only.
 */
export function openMetricsText(run: Pick<RunSnapshot, 'totals' | 'header'>): string {
  const families = [...familiesOf(run, undefined)].map(([name, { type, lines }]) => {
    const family = type === 'counter' ? name.replace(/_total$/, '') : name;
    return `# TYPE ${family} ${type}\n${lines.join('\n')}\n`;
  });
  return `${families.join('')}# EOF\n`;
}

function familiesOf(
  run: Pick<RunSnapshot, 'totals' | 'header'>,
  health: HealthRecord | undefined,
): ReadonlyMap<string, Family> {
  const families = new Map<string, Family>();
  for (const series of outputSeries(run)) addSeries(families, series);
  if (health !== undefined) addHealth(families, health);
  return families;
}

interface Family {
  readonly type: 'counter' | 'gauge' | 'summary';
  readonly lines: string[];
}

function addSeries(families: Map<string, Family>, { metric, tags, unit, values }: OutputSeries): void {
  const unitSuffix = unit === 'none' || metric.endsWith(unit) ? '' : `_${unit}`;
  const name = `wsg_${tags.size > 0 ? 'tagged_' : ''}${metric.replaceAll(/[^a-zA-Z0-9_]/g, '_')}${unitSuffix}`;
  const labels = [...tags].map(([key, value]) => label(key, value));
  switch (values.type) {
    case 'counter':
      return add(families, `${name}_total`, 'counter', [sample(`${name}_total`, labels, values.total)]);
    case 'gauge':
      return add(families, name, 'gauge', [sample(name, labels, values.value)]);
    case 'rate':
      add(families, `${name}_passes_total`, 'counter', [sample(`${name}_passes_total`, labels, values.passes)]);
      return add(families, `${name}_fails_total`, 'counter', [sample(`${name}_fails_total`, labels, values.fails)]);
    case 'trend':
      return add(families, name, 'summary', [
        ...values.quantiles.map(([quantile, value]) =>
          sample(name, [...labels, label('quantile', String(quantile))], value),
        ),
        sample(`${name}_sum`, labels, values.sum),
        sample(`${name}_count`, labels, values.count),
      ]);
  }
}

function addHealth(families: Map<string, Family>, health: HealthRecord): void {
  const gauges = {
    wsg_generator_event_loop_use_ratio: health.eventLoopUse,
    wsg_generator_schedule_lag_p99_seconds: health.scheduleLag.p99 / 1000,
    wsg_generator_cpu_cores: health.cpuProcess,
    wsg_generator_resident_memory_bytes: health.rssBytes,
    wsg_generator_saturated: health.verdict === 'saturated' ? 1 : 0,
  };
  for (const [name, value] of Object.entries(gauges)) add(families, name, 'gauge', [sample(name, [], value)]);
}

function add(families: Map<string, Family>, name: string, type: Family['type'], lines: readonly string[]): void {
  const family = families.get(name) ?? { type, lines: [] };
  families.set(name, family);
  family.lines.push(...lines);
}

function sample(name: string, labels: readonly string[], value: number): string {
  return `${name}${labels.length === 0 ? '' : `{${labels.join(',')}}`} ${value}`;
}

function label(key: string, value: string): string {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `${key.replaceAll(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_')}="${escaped}"`;
}

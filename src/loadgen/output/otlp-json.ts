import type { RunSnapshot } from '../../summary/live/run-snapshot.js';
import { outputSeries, type OutputSeries } from '../../summary/exporters/output-series.js';

/** OpenTelemetry's AggregationTemporality: every value is the sum since the start of the run. */
const CUMULATIVE = 2;
const UNITS = { seconds: 's', bytes: 'By', none: '1' } as const;

/**
 * The run so far as the body of an OTLP/HTTP metrics request in JSON (opentelemetry-proto 1.x,
 * ExportMetricsServiceRequest).
 */
export function otlpJson(snapshot: RunSnapshot): Record<string, unknown> {
  const { header, second } = snapshot;
  const startMs = Date.parse(header.startedAt);
  const span = { startTimeUnixNano: unixNano(startMs), timeUnixNano: unixNano(startMs + second.elapsedMs) };
  const resource = { 'service.name': 'wsg', 'service.version': header.version, 'wsg.scenario': header.scenario };
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributes(Object.entries(resource)) },
        scopeMetrics: [
          {
            scope: { name: 'wsg.loadtest', version: header.version },
            metrics: outputSeries(snapshot).flatMap((series) => metricsOf(series, span)),
          },
        ],
      },
    ],
  };
}

interface Span {
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

function metricsOf({ metric, tags, unit, values }: OutputSeries, span: Span): object[] {
  // As in the text for Prometheus, a submetric is a metric of its own: sums count nothing twice.
  const name = `wsg.${tags.size > 0 ? 'tagged.' : ''}${metric}`;
  const point = { ...span, attributes: attributes([...tags]) };
  const sum = (of: string, total: number): object => ({
    name: of,
    unit: UNITS[unit],
    sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints: [{ ...point, asDouble: total }] },
  });
  switch (values.type) {
    case 'counter':
      return [sum(name, values.total)];
    case 'gauge':
      return [{ name, unit: UNITS[unit], gauge: { dataPoints: [{ ...point, asDouble: values.value }] } }];
    case 'rate':
      return [sum(`${name}.passes`, values.passes), sum(`${name}.fails`, values.fails)];
    case 'trend': {
      const quantileValues = values.quantiles.map(([quantile, value]) => ({ quantile, value }));
      const dataPoint = { ...point, count: String(values.count), sum: values.sum, quantileValues };
      return [{ name, unit: UNITS[unit], summary: { dataPoints: [dataPoint] } }];
    }
  }
}

function attributes(pairs: readonly (readonly [key: string, value: string])[]): object[] {
  return pairs.map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

/** 64 bits stand in the JSON of protobuf as text. */
function unixNano(timeMs: number): string {
  return (BigInt(Math.round(timeMs * 1000)) * 1000n).toString();
}

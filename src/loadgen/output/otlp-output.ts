import { errorMessage } from '../../core/error.js';
import type { RunSnapshot } from '../../summary/live/run-snapshot.js';
import type { LoadOutput } from './load-outputs.js';
import { outputSeries, type OutputSeries } from '../../summary/exporters/output-series.js';

const REQUEST_BOUND_MS = 5000;

/**
 * Sends the run so far to an OpenTelemetry collector each second, one request at a time. Values are
 * cumulative: a second that was skipped because the collector was slow or unavailable is contained
 * in the next one.
 */
export class OtlpOutput implements LoadOutput {
  readonly description: string;
  readonly #url: URL;
  /** The latest snapshot that was not sent. */
  #waiting: RunSnapshot | undefined;
  #isSent: Promise<void> | undefined;
  #skipped = 0;
  #failed = 0;
  #lastFailure = '';

  /** The default path of the URL is `/v1/metrics`. */
  constructor(url: URL) {
    this.#url = new URL(url.pathname === '/' ? '/v1/metrics' : url.href, url);
    this.description = `otlp (${this.#url.origin}${this.#url.pathname})`;
  }

  async start(): Promise<void> {}

  takeSnapshot(snapshot: RunSnapshot): void {
    if (this.#isSent !== undefined) {
      this.#skipped += 1;
      this.#waiting = snapshot;
      return;
    }
    this.#waiting = undefined;
    this.#isSent = this.#send(snapshot).finally(() => {
      this.#isSent = undefined;
    });
  }

  /**
   * Waits for the pending request, then sends the end of the run if it is still missing. Both waits
   * are bounded.
   */
  async stop(): Promise<readonly string[]> {
    await this.#isSent;
    if (this.#waiting !== undefined) {
      this.#skipped -= 1;
      await this.#send(this.#waiting);
    }
    const sentences: string[] = [];
    if (this.#failed > 0)
      sentences.push(`${this.#failed} requests to ${this.#url.origin} failed: ${this.#lastFailure}`);
    if (this.#skipped > 0)
      sentences.push(`${this.#skipped} seconds were not sent to ${this.#url.origin} separately because it was slow`);
    return sentences;
  }

  async #send(snapshot: RunSnapshot): Promise<void> {
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(otlpJson(snapshot)),
        signal: AbortSignal.timeout(REQUEST_BOUND_MS),
      });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`the response status was ${response.status}`);
    } catch (error) {
      this.#failed += 1;
      this.#lastFailure = failureText(error);
    }
  }
}

/** The reason for a failed `fetch` is in the cause of its error. */
function failureText(error: unknown): string {
  return errorMessage(error instanceof Error && error.cause !== undefined ? error.cause : error);
}

/** OpenTelemetry's AggregationTemporality: values are sums since the start of the run. */
const CUMULATIVE = 2;

const UNITS = { seconds: 's', bytes: 'By', none: '1' } as const;

/**
 * Converts the run so far to the body of an OTLP/HTTP metrics request in JSON (opentelemetry-proto
 * 1.x, ExportMetricsServiceRequest).
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
  // As in the Prometheus output, a submetric is a metric of its own, so that sums count nothing
  // twice.
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

/** Protobuf's JSON encodes 64-bit integers as text. */
function unixNano(timeMs: number): string {
  return (BigInt(Math.round(timeMs * 1000)) * 1000n).toString();
}

import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { DURATION_BOUNDS_S, type DurationCounts } from './duration-counts.js';

/** A figure, or one for each value of a label. */
export type Reading = number | Iterable<readonly [labelValue: string, figure: number]>;

/** Name, help text and label of a metric. */
export interface MetricName {
  readonly name: string;
  readonly help: string;
  readonly label?: string;
}

/**
 * Prometheus metrics whose figures are read from callbacks when metrics are requested. Each gateway
 * has its own registry.
 */
export class MetricRegistry {
  readonly #registry = new Registry();
  readonly #histograms: { readonly name: MetricName; readonly counts: DurationCounts }[] = [];

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    const histograms = this.#histograms.map(({ name, counts }) => `\n${histogramText(name, counts)}`);
    return `${await this.#registry.metrics()}${histograms.join('')}`;
  }

  /** Adds a counter; `read` returns the total since the start. */
  counter({ name, help, label }: MetricName, read: () => Reading): void {
    const counter = new Counter({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        for (const [labels, figure] of labelled(read(), label)) counter.inc(labels, figure);
      },
    });
  }

  gauge({ name, help, label }: MetricName, read: () => Reading): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        for (const [labels, figure] of labelled(read(), label)) gauge.set(labels, figure);
      },
    });
  }

  durations(name: MetricName, counts: DurationCounts): void {
    this.#histograms.push({ name, counts });
  }

  /** Adds the metrics of the process and of Node, with prom-client's names. */
  addProcessMetrics(): void {
    collectDefaultMetrics({ register: this.#registry });
  }
}

/** Text of a histogram: prom-client's own class cannot be filled with counts. */
function histogramText({ name, help }: MetricName, { counts, sumS }: DurationCounts): string {
  let total = 0;
  const buckets = Array.from(counts, (count, bucket) => {
    total += count;
    return `${name}_bucket{le="${DURATION_BOUNDS_S[bucket] ?? '+Inf'}"} ${total}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} histogram\n${buckets.join('')}${name}_sum ${sumS}\n${name}_count ${total}\n`;
}

function labelled(reading: Reading, label = ''): [Record<string, string>, number][] {
  if (typeof reading === 'number') return [[{}, reading]];
  return Array.from(reading, ([value, figure]) => [{ [label]: value }, figure]);
}

import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { DURATION_BOUNDS_S, type DurationCounts } from './duration-counts.js';

/** A figure without labels, or one for each value of a label. */
export type Reading = number | Iterable<readonly [labelValue: string, figure: number]>;

/** What a metric is called, how it is explained, and which label its readings carry. */
export interface MetricName {
  readonly name: string;
  readonly help: string;
  readonly label?: string;
}

/**
 * Prometheus metrics that are filled from plain numbers when somebody reads them. A registry of its
 * own for each gateway.
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

  /** `read` gives the total since the start: it is not added to what it gave before. */
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

  /** Those of the process and of Node, by prom-client's names. */
  addProcessMetrics(): void {
    collectDefaultMetrics({ register: this.#registry });
  }
}

/** prom-client's own histogram counts by itself; the text it would print is this. */
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

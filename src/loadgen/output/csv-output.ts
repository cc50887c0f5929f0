import type { SampleBatch, SampledSeries } from '../metric/sample-batch.js';
import { metadataOf, tagsOf } from '../metric/series.js';
import type { CsvOptions, TimeFormat } from './csv-options.js';
import type { LoadOutput } from './load-outputs.js';
import { isStandardOutput, SampleFile } from './sample-file.js';

/**
 * Tags with a column of their own, unless the plan selects others: k6's system tags (k6 docs,
 * "System tags"), sorted.
 */
const DEFAULT_COLUMNS: readonly string[] = [
  'check',
  'error',
  'error_code',
  'expected_response',
  'group',
  'method',
  'name',
  'proto',
  'scenario',
  'service',
  'status',
  'subproto',
  'tls_version',
  'url',
];
/** System tags that k6 treats as metadata, so that they have no column. */
const METADATA: readonly string[] = ['iter', 'ocsp_status', 'vu'];

/**
 * Writes every sample as a row, as k6's `csv` output does (k6 docs, "CSV"): one column per system
 * tag, all other tags in the last column but one, and the metadata in the last.
 */
export class CsvOutput implements LoadOutput {
  readonly description: string;
  readonly #file: SampleFile;
  readonly #columns: readonly string[];
  readonly #formatTime: (timeMs: number) => string;

  constructor(
    { path, timeFormat }: CsvOptions,
    systemTags: readonly string[] | undefined,
    file = new SampleFile(path),
  ) {
    this.description = isStandardOutput(path) ? 'csv (stdout)' : `csv (${path})`;
    this.#columns = systemTags?.filter((tag) => !METADATA.includes(tag)).toSorted() ?? DEFAULT_COLUMNS;
    this.#formatTime = TIME_FORMATS[timeFormat];
    this.#file = file;
  }

  async start(): Promise<void> {
    await this.#file.start();
    const names = ['metric_name', 'timestamp', 'metric_value', ...this.#columns, 'extra_tags', 'metadata'];
    this.#file.write(`${names.join(',')}\n`, 0);
  }

  takeSamples({ series, indexes, values, timesMs, dropped }: SampleBatch): void {
    const names = series.map(({ definition }) => cell(definition.name));
    const tails = series.map((one) => this.#tagCells(one));
    const rows: string[] = [];
    indexes.forEach((index, at) => {
      const time = this.#formatTime(timesMs[at] ?? 0);
      rows.push(`${names[index]},${time},${(values[at] ?? 0).toFixed(6)},${tails[index]}\n`);
    });
    if (rows.length > 0) this.#file.write(rows.join(''), rows.length);
    this.#file.countLost(dropped);
  }

  stop(): Promise<readonly string[]> {
    return this.#file.stop();
  }

  #tagCells({ tags }: SampledSeries): string {
    const extra = tagsOf(tags).filter(([key]) => !this.#columns.includes(key));
    const cells = [...this.#columns.map((name) => tags.get(name) ?? ''), pairs(extra), pairs(metadataOf(tags))];
    return cells.map(cell).join(',');
  }
}

/** The clock has a resolution of milliseconds; finer formats end in zeros. */
const TIME_FORMATS: Readonly<Record<TimeFormat, (timeMs: number) => string>> = {
  unix: (timeMs) => String(Math.floor(timeMs / 1000)),
  unix_milli: (timeMs) => String(Math.floor(timeMs)),
  unix_micro: (timeMs) => `${Math.floor(timeMs)}000`,
  unix_nano: (timeMs) => `${Math.floor(timeMs)}000000`,
  rfc3339: (timeMs) => new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z'),
  rfc3339_nano: (timeMs) => new Date(timeMs).toISOString().replace(/\.?0*Z$/, 'Z'),
};

function pairs(entries: readonly (readonly [string, string])[]): string {
  return entries.map(([key, value]) => `${key}=${value}`).join('&');
}

/** Quotes a field (RFC 4180). */
function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

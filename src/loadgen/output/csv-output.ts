import type { SampleBatch, SampledSeries } from '../metric/sample-batch.js';
import type { LoadOutput } from './load-output.js';
import { SampleFile } from './sample-file.js';

/** The tags that have a column of their own unless the plan names others: k6's system tags (k6 docs, "System tags"), sorted. */
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

/** Every sample as a row, as k6's `csv` output has them (k6 docs, "CSV"): a column a system tag, all other tags in the last one. */
export class CsvOutput implements LoadOutput {
  readonly description: string;
  private readonly file: SampleFile;
  private readonly columns: readonly string[];

  constructor(path: string, systemTags: readonly string[] | undefined, file = new SampleFile(path)) {
    this.description = `csv (${path})`;
    this.columns = systemTags?.toSorted() ?? DEFAULT_COLUMNS;
    this.file = file;
  }

  async start(): Promise<void> {
    await this.file.start();
    const names = ['metric_name', 'timestamp', 'metric_value', ...this.columns, 'extra_tags'];
    this.file.write(`${names.join(',')}\n`, 0);
  }

  takeSamples({ series, indexes, values, timesMs, dropped }: SampleBatch): void {
    const names = series.map(({ definition }) => cell(definition.name));
    const tails = series.map((one) => this.tagCells(one));
    const rows: string[] = [];
    indexes.forEach((index, at) => {
      const seconds = Math.floor((timesMs[at] ?? 0) / 1000);
      rows.push(`${names[index]},${seconds},${(values[at] ?? 0).toFixed(6)},${tails[index]}\n`);
    });
    if (rows.length > 0) this.file.write(rows.join(''), rows.length);
    this.file.countLost(dropped);
  }

  stop(): Promise<readonly string[]> {
    return this.file.stop();
  }

  private tagCells({ tags }: SampledSeries): string {
    const extra = [...tags].filter(([key]) => !this.columns.includes(key)).map(([key, value]) => `${key}=${value}`);
    return [...this.columns.map((name) => tags.get(name) ?? ''), extra.join('&')].map(cell).join(',');
  }
}

/** RFC 4180. */
function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

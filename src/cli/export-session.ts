import { WsgError } from '../core/error.js';
import { EXPORT_FORMATS, exportRun, seriesOfRun, type ExportFormat } from '../report/index.js';
import type { Output } from './output.js';
import { saveText } from './save-text.js';

/** One `wsg report export` as it was typed. */
interface ExportInvocation {
  readonly flags: {
    readonly format: string | undefined;
    readonly metric: readonly string[] | undefined;
    readonly output: string | undefined;
  };
  readonly output: Output;
}

/** Writes a run in the format of another tool to a file or to standard output. */
export async function exportFile(run: string, { flags, output }: ExportInvocation): Promise<void> {
  const format = readFormat(flags.format ?? endingOf(flags.output));
  const series = flags.metric ?? [];
  await checkSeries(run, series);
  const text = await exportRun(run, format, series);
  if (flags.output === undefined || flags.output === '-') output.stdout.write(text);
  else await saveText(flags.output, text);
}

function endingOf(path: string | undefined): string | undefined {
  const ending = /\.(?<ending>\w+)$/.exec(path ?? '')?.groups?.['ending'];
  return ending === 'prom' ? 'openmetrics' : ending;
}

function readFormat(text: string | undefined): ExportFormat {
  const format = EXPORT_FORMATS.find((candidate) => candidate === text);
  if (format !== undefined) return format;
  const said = text === undefined ? 'Which format?' : `'${text}' is no format.`;
  throw new WsgError('usage', `${said} --format takes ${EXPORT_FORMATS.join(', ')}.`, {
    hint: 'The ending of --output says it too: .hgrm, .hlog, .csv, .prom.',
  });
}

async function checkSeries(run: string, series: readonly string[]): Promise<void> {
  if (series.length === 0) return;
  const known = await seriesOfRun(run);
  const unknown = series.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new WsgError('usage', `There is no ${unknown.join(', ')} in ${run}.`, {
    hint: `There are ${known.join(', ')}.`,
  });
}

import { WsgError } from '../../core/error.js';
import { EXPORT_FORMATS, exportRun, seriesOfRun, type ExportFormat } from '../../report/export/export-run.js';
import type { Output } from '../output.js';
import { saveText } from './save-text.js';
import { ShareProgress } from '../live-progress.js';

/** `wsg report export` as requested on the command line. */
interface ExportInvocation {
  readonly flags: {
    readonly format: string | undefined;
    readonly metric: readonly string[] | undefined;
    readonly output: string | undefined;
  };
  readonly output: Output;
}

/** Exports a run to the format of another tool, to a file or to standard output. */
export async function exportFile(run: string, { flags, output }: ExportInvocation): Promise<void> {
  const format = readFormat(flags.format ?? endingOf(flags.output));
  const series = flags.metric ?? [];
  await checkSeries(run, series, format);
  // Exporting a log of an hour takes some seconds.
  const progress = new ShareProgress(output.stderr, 'exporting');
  const text = await exportRun(run, format, series, (share) => progress.show(share)).finally(() => progress.end());
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
  const given = text === undefined ? '' : ` (got '${text}')`;
  throw new WsgError('usage', `--format must be one of ${EXPORT_FORMATS.join(', ')}${given}.`, {
    hint: 'The extension of --output sets the format as well: .hgrm, .hlog, .csv, .prom.',
  });
}

async function checkSeries(run: string, series: readonly string[], format: ExportFormat): Promise<void> {
  if (series.length === 0) return;
  const known = await seriesOfRun(run, format);
  const unknown = series.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new WsgError('usage', `${run} has no series ${unknown.join(', ')} that ${format} can represent.`, {
    hint: `Known series: ${known.join(', ')}.`,
  });
}

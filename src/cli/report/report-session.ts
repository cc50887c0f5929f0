import { WsgError } from '../../core/error.js';
import { renderReport, type RenderReportOptions } from '../../report/render/render-run.js';
import type { Output } from '../output.js';
import { isFolder, withMergedFolder } from './merge-session.js';
import { saveText } from './save-text.js';

/** `wsg report` as requested on the command line. */
export interface ReportInvocation {
  readonly runs: readonly string[];
  readonly flags: { readonly spectrum: boolean; readonly json: boolean; readonly output: string | undefined };
  readonly output: Output;
}

/**
 * Flags that apply only to comparisons. For a single run they are refused, since they would be
 * ignored silently.
 */
const OF_COMPARISON = [
  'gate',
  'gates',
  'budget',
  'noise',
  'warmup',
  'allow-different',
  'require-same',
  'anchor',
  'at',
  'strict',
  'format',
] as const;

/** Throws `usage` for flags that apply only to comparisons. */
export function refuseOfComparison(flags: Readonly<Partial<Record<(typeof OF_COMPARISON)[number], unknown>>>): void {
  const given = OF_COMPARISON.filter((name) => flags[name] !== undefined && flags[name] !== false);
  if (given.length === 0) return;
  const names = given.map((name) => `--${name}`).join(', ');
  throw new WsgError('usage', `${names} can only be used with a comparison, and one run was given.`, {
    hint: '`wsg report BASE NEW`, or `wsg report NEW --baseline NAME`. For one run there are --json, --spectrum, --output FILE.html and `wsg report export`.',
  });
}

/**
 * Prints the report of one run to standard output, or into a file. A folder stands for the merged
 * run of its shards.
 */
export async function printReport(invocation: ReportInvocation): Promise<void> {
  const run = onlyRun(invocation.runs);
  if (!isFolder(run)) return printRun(run, invocation);
  await withMergedFolder(run, invocation.output, (path) => printRun(path, invocation));
}

async function printRun(run: string, { flags, output }: ReportInvocation): Promise<void> {
  const { useColor, columns } = output.stdout;
  if (flags.output === undefined || flags.output === '-') {
    output.stdout.write(await renderReport(run, { format: formatOf(flags), colour: useColor, columns }));
  } else if (/\.html?$/.test(flags.output)) {
    if (flags.json || flags.spectrum)
      throw new WsgError('usage', `--output ${flags.output} cannot be combined with --json or --spectrum.`);
    const { renderHtmlRun } = await import('../../report/html/run-page.js');
    await saveText(flags.output, await renderHtmlRun(run));
  } else {
    await saveText(flags.output, await renderReport(run, { format: formatOf(flags), columns }));
  }
}

function onlyRun(runs: readonly string[]): string {
  const [run] = runs;
  if (run === undefined) {
    throw new WsgError('usage', 'Missing argument: the file of a run.', {
      hint: '`wsg loadtest` writes runs into runs/.',
    });
  }
  return run;
}

function formatOf(flags: ReportInvocation['flags']): RenderReportOptions['format'] {
  if (flags.json) return 'json';
  return flags.spectrum ? 'spectrum' : 'text';
}

import { existsSync } from 'node:fs';
import { WsgError } from '../../core/error.js';
import {
  compareFiles,
  COMPARISON_FORMATS,
  formatOfFile,
  GATES_FILE,
  outcomeOf,
  readGates,
  readGatesFile,
  renderComparison,
  runsUpTo,
  type Comparison,
  type ComparisonFormat,
  type LoadedComparison,
} from '../../report/index.js';
import { readPercent, readWarmup, type CompareFlags } from './compare-flags.js';
import { EXIT_CODE, type ExitCode } from '../exit-code.js';
import type { Output } from '../output.js';
import { tellGithub } from './github-actions.js';
import { reportError } from '../report-error.js';
import { expandRuns } from './run-paths.js';
import { saveText } from './save-text.js';
import { ShareProgress } from '../live-progress.js';

/** One comparison as it was typed. */
export interface CompareInvocation {
  /** In their order; the last one of two alone is the new one. */
  readonly runs: readonly string[];
  readonly flags: CompareFlags & { readonly json: boolean; readonly output: readonly string[] | undefined };
  readonly output: Output;
}

/** Whether runs are to be compared, and not one printed. */
export function isComparison({ runs, flags }: Pick<CompareInvocation, 'runs' | 'flags'>): boolean {
  return runs.length > 1 || flags.baseline !== undefined || flags.against !== undefined;
}

/**
 * Compares, writes everything that was asked for, and only then says by its exit code what came
 * out.
 */
export async function runComparison({ runs, flags, output }: CompareInvocation): Promise<ExitCode> {
  const format = readFormat(flags);
  // Standard output has the comparison in any case.
  const files = readFiles((flags.output ?? []).filter((path) => path !== '-'));
  const sides = await readSides(runs, flags);
  const progress = new ShareProgress(output.stderr, 'reading');
  const loaded = await compareFiles({
    ...sides,
    ...(await readSettings(flags)),
    read: (share) => progress.show(share),
  }).finally(() => progress.end());
  const { stdout } = output;
  const isStrict = flags.strict;
  const gatesFile = flags.gates ?? (existsSync(GATES_FILE) ? GATES_FILE : undefined);
  const plain = { colour: false, columns: 120, isStrict, gatesFile };
  const shown = await render(loaded, format, { ...plain, colour: stdout.useColor, columns: stdout.columns });
  for (const part of shown) stdout.write(part);
  const saved = await saveAll(files, async ({ path, format: asked }) => {
    // The page of long runs takes some seconds.
    if (output.stderr.canRedraw) output.stderr.write(`writing ${path} ...\r`);
    return render(loaded, asked, plain);
  });
  if (output.stderr.canRedraw && files.length > 0) output.stderr.write('\u001B[K');
  await tellGithub(loaded.comparison, isStrict, output, process.env);
  const verdict = exitCodeOf(loaded.comparison, isStrict);
  // What was found is more than that a file could not be written, which is told all the same.
  const [failed] = saved.map((error) => reportError(error, output, { json: false, showStack: false }));
  return verdict === EXIT_CODE.ok ? (failed ?? verdict) : verdict;
}

/** What decides beside the runs themselves. */
async function readSettings(flags: CompareFlags): Promise<Omit<Parameters<typeof compareFiles>[0], 'base' | 'next'>> {
  const keys = (texts: readonly string[] = []): string[] => texts.flatMap((text) => text.split(','));
  const anchor = flags.anchor === undefined ? {} : { anchor: flags.anchor };
  return {
    gates: await readAllGates(flags),
    budget: readPercent('budget', flags.budget),
    noise: readPercent('noise', flags.noise),
    warmupMs: readWarmup(flags.warmup),
    allowed: keys(flags['allow-different']),
    required: keys(flags['require-same']),
    ...(flags.baseline !== undefined && { baselines: anchor }),
  };
}

async function render(
  loaded: LoadedComparison,
  format: ComparisonFormat,
  options: Parameters<typeof renderComparison>[2],
): Promise<Iterable<string>> {
  if (format !== 'html') return [renderComparison(loaded.comparison, format, options)];
  const { renderHtmlComparison } = await import('../../report/html/comparison-page.js');
  return renderHtmlComparison(loaded);
}

/**
 * Writes each file whatever becomes of the others; the errors of those that could not be written.
 */
async function saveAll(
  files: ReturnType<typeof readFiles>,
  textOf: (file: ReturnType<typeof readFiles>[number]) => Promise<Iterable<string>>,
): Promise<WsgError[]> {
  const errors: WsgError[] = [];
  for (const file of files) {
    try {
      await saveText(file.path, await textOf(file));
    } catch (error) {
      if (!(error instanceof WsgError)) throw error;
      errors.push(error);
    }
  }
  return errors;
}

/** What a comparison ends with. */
export function exitCodeOf({ verdict }: Comparison, isStrict: boolean): ExitCode {
  switch (outcomeOf(verdict, isStrict)) {
    case 'fails':
      return verdict === 'inconclusive' ? EXIT_CODE.inconclusive : EXIT_CODE.regression;
    case 'errs':
      return EXIT_CODE.invalidRun;
    case 'warns':
    case 'passes':
      return EXIT_CODE.ok;
  }
}

async function readSides(
  runs: readonly string[],
  flags: CompareFlags,
): Promise<{ readonly base: readonly string[]; readonly next: readonly string[] }> {
  const { baseline, against, at } = flags;
  refuseBoth(flags);
  if (runs.length === 0) throw new WsgError('usage', 'Which run is to be compared? Name its file.');
  if (against !== undefined) return { base: against, next: runs };
  if (baseline !== undefined) return { base: await readBaselines(baseline, at), next: runs };
  const [base, next, ...more] = runs;
  if (base !== undefined && next !== undefined && more.length === 0) return { base: [base], next: [next] };
  throw new WsgError('usage', `${runs.length} runs were named, and which of them are the base is not said.`, {
    hint: '`wsg report NEW1 NEW2 --against BASE1 BASE2`, or `wsg report NEW --baseline "runs/main-*.run"`.',
  });
}

function refuseBoth({ baseline, against, at }: CompareFlags): void {
  if (baseline !== undefined && against !== undefined)
    throw new WsgError('usage', '--baseline and --against say the same in two ways: use one of them.');
  if (at !== undefined && baseline === undefined)
    throw new WsgError('usage', '--at chooses among baselines: name them with --baseline.');
}

async function readBaselines(names: readonly string[], at: CompareFlags['at']): Promise<readonly string[]> {
  const paths = await expandRuns(names);
  return at === undefined
    ? paths
    : runsUpTo(
        paths,
        at.flatMap((text) => text.trim().split(/\s+/)),
      );
}

async function readAllGates({ gate = [], gates: file }: CompareFlags): ReturnType<typeof readGatesFile> {
  const own = readGates(gate, 'flag');
  if (own.length > 0 && file === undefined) return own;
  return [...own, ...(await readGatesFile(file ?? GATES_FILE, file !== undefined))];
}

function readFormat({ format, json }: CompareInvocation['flags']): ComparisonFormat {
  if (format === undefined) return json ? 'json' : 'text';
  const known = COMPARISON_FORMATS.find((candidate) => candidate === format);
  if (known !== undefined) return known;
  throw new WsgError('usage', `'${format}' of --format is none of ${COMPARISON_FORMATS.join(', ')}.`);
}

function readFiles(paths: readonly string[]): readonly { readonly path: string; readonly format: ComparisonFormat }[] {
  return paths.map((path) => {
    const format = formatOfFile(path);
    if (format !== undefined) return { path, format };
    throw new WsgError('usage', `The ending of ${path} of --output says no format.`, {
      hint: '.txt, .md, .json, .xml (JUnit), .csv and .html do, and codequality.json.',
    });
  });
}

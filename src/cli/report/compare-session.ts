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

/** A comparison as requested on the command line. */
export interface CompareInvocation {
  /** Runs in their order. Of two runs without other flags, the second one is the new one. */
  readonly runs: readonly string[];
  readonly flags: CompareFlags & { readonly json: boolean; readonly output: readonly string[] | undefined };
  readonly output: Output;
}

/** Whether the invocation asks for a comparison, and not for the report of one run. */
export function isComparison({ runs, flags }: Pick<CompareInvocation, 'runs' | 'flags'>): boolean {
  return runs.length > 1 || flags.baseline !== undefined || flags.against !== undefined;
}

/** Compares, writes all requested outputs, and returns the exit code of the verdict. */
export async function runComparison({ runs, flags, output }: CompareInvocation): Promise<ExitCode> {
  const format = readFormat(flags);
  // The comparison is always written to standard output.
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
    // Rendering the page of long runs takes some seconds.
    if (output.stderr.canRedraw) output.stderr.write(`writing ${path} ...\r`);
    return render(loaded, asked, plain);
  });
  if (output.stderr.canRedraw && files.length > 0) output.stderr.write('\u001B[K');
  await tellGithub(loaded.comparison, isStrict, output, process.env);
  const verdict = exitCodeOf(loaded.comparison, isStrict);
  // The verdict takes precedence over a file that could not be written; that error is reported as
  // well.
  const [failed] = saved.map((error) => reportError(error, output, { json: false, showStack: false }));
  return verdict === EXIT_CODE.ok ? (failed ?? verdict) : verdict;
}

/** Reads the settings of the comparison from the flags. */
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

/** Writes all files, even if some fail, and returns the errors. */
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

/** The exit code of a comparison. */
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
  if (runs.length === 0) throw new WsgError('usage', 'Missing argument: the file of the run to compare.');
  if (against !== undefined) return { base: against, next: runs };
  if (baseline !== undefined) return { base: await readBaselines(baseline, at), next: runs };
  const [base, next, ...more] = runs;
  if (base !== undefined && next !== undefined && more.length === 0) return { base: [base], next: [next] };
  throw new WsgError('usage', `${runs.length} runs were given, and it is unclear which of them are the base.`, {
    hint: '`wsg report NEW1 NEW2 --against BASE1 BASE2`, or `wsg report NEW --baseline "runs/main-*.run"`.',
  });
}

function refuseBoth({ baseline, against, at }: CompareFlags): void {
  if (baseline !== undefined && against !== undefined)
    throw new WsgError('usage', '--baseline and --against cannot be combined: use one of them.');
  if (at !== undefined && baseline === undefined)
    throw new WsgError('usage', '--at selects among baselines: add --baseline.');
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
  throw new WsgError('usage', `--format must be one of ${COMPARISON_FORMATS.join(', ')} (got '${format}').`);
}

function readFiles(paths: readonly string[]): readonly { readonly path: string; readonly format: ComparisonFormat }[] {
  return paths.map((path) => {
    const format = formatOfFile(path);
    if (format !== undefined) return { path, format };
    throw new WsgError('usage', `--output ${path} has an unknown extension.`, {
      hint: 'Use .txt, .md, .json, .xml (JUnit), .csv or .html, or the name codequality.json.',
    });
  });
}

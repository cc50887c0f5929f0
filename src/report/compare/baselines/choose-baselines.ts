import { WsgError } from '../../../core/error.js';
import { readOutline } from '../../../run-file/index.js';
import type { Run } from '../../../run-file/records.js';
import type { LeftOut } from '../comparison.js';
import { differencesOf, type DifferenceRules } from '../differences.js';
import { identityOf } from '../seconds/loaded-run.js';

/**
 * Baselines that a run can be compared with, the oldest first, and the reason why each of the
 * others is left out.
 */
export interface ChosenBaselines {
  readonly kept: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

interface Candidate {
  readonly path: string;
  readonly run: Pick<Run, 'header' | 'end'>;
}

/**
 * Leaves out baselines that would make the comparison invalid: unreadable files, the new run
 * itself, runs of another plan or of a saturated generator. Runs of another machine are left out if
 * there are runs of the same one. When none is left, all are kept, so that the comparison reports
 * the problem. Throws what `readRun` throws when none can be read.
 */
export async function chooseBaselines(
  paths: readonly string[],
  next: readonly string[],
  rules: DifferenceRules,
): Promise<ChosenBaselines> {
  const news = await Promise.all(next.map(readOutline));
  const { candidates, unreadable } = await readAll(paths);
  const judged = candidates.map((candidate) => ({ candidate, reason: reasonAgainst(candidate, news, rules) }));
  const fitting = judged.flatMap(({ candidate, reason }) => (reason === undefined ? [candidate] : []));
  const others = judged.flatMap(({ candidate: { path }, reason }) => (reason === undefined ? [] : [{ path, reason }]));
  if (fitting.length === 0) return { kept: candidates.map(({ path }) => path), leftOut: unreadable };
  const { kept, strangers } = preferMachine(fitting, news[0]);
  return { kept: kept.map(({ path }) => path), leftOut: [...unreadable, ...others, ...strangers] };
}

async function readAll(
  paths: readonly string[],
): Promise<{ readonly candidates: readonly Candidate[]; readonly unreadable: readonly LeftOut[] }> {
  const candidates: Candidate[] = [];
  const unreadable: LeftOut[] = [];
  let first: WsgError | undefined;
  for (const path of paths) {
    try {
      candidates.push({ path, run: await readOutline(path) });
    } catch (error) {
      if (!(error instanceof WsgError)) throw error;
      first ??= error;
      unreadable.push({ path, reason: error.message.replace(/\.$/, '') });
    }
  }
  if (candidates.length === 0 && first !== undefined) throw first;
  const startOf = ({ path, run: { header } }: Candidate): string => `${header.startedAt} ${path}`;
  return { candidates: candidates.toSorted((a, b) => (startOf(a) < startOf(b) ? -1 : 1)), unreadable };
}

function reasonAgainst(
  { run }: Candidate,
  news: readonly Pick<Run, 'header' | 'end'>[],
  rules: DifferenceRules,
): string | undefined {
  if (news.some((one) => identityOf(one) === identityOf(run))) return 'it is the new run itself';
  if (run.end.health.verdict === 'saturated') return 'its generator was the bottleneck';
  const keys = differencesOf(
    [run.header],
    [...news].map(({ header }) => header),
    rules,
  )
    .filter(({ consequence }) => consequence === 'invalid')
    .map(({ key }) => key);
  return keys.length === 0 ? undefined : `it differs from the new run in ${keys.join(', ')}`;
}

function preferMachine(
  fitting: readonly Candidate[],
  next: Pick<Run, 'header'> | undefined,
): { readonly kept: readonly Candidate[]; readonly strangers: readonly LeftOut[] } {
  const isSame = ({ run: { header } }: Candidate): boolean =>
    next !== undefined &&
    !differencesOf([header], [next.header], { allowed: [], required: [] }).some(({ key }) => key === 'machine');
  const same = fitting.filter(isSame);
  if (same.length === 0) return { kept: fitting, strangers: [] };
  const strangers = fitting.filter((candidate) => !isSame(candidate));
  return {
    kept: same,
    strangers: strangers.map(({ path }) => ({ path, reason: 'it was recorded on another machine' })),
  };
}
